use shared::{
    Environment, Mounted, StartError,
    settings::{Declared, optional, standard},
};

use crate::Platform;

/// The settings that [`open`] reads.
pub const SETTINGS: &[Declared] = &[
    optional(&standard::DATABASE_URL),
    optional(&standard::ORDERS_URL),
    optional(&standard::PAYMENTS_URL),
    optional(&standard::INVENTORY_URL),
    optional(&standard::NOTIFICATIONS_URL),
    optional(&standard::PROVIDER_URL),
    optional(&standard::SMTP_ADDRESS),
    optional(&standard::PUSH_URL),
    optional(&standard::CALL_TIMEOUT_MS),
    optional(&standard::LEASE_MS),
];

/// Opens every module that has no URL here, and reaches the others at theirs, for a server.
///
/// Fails as [`Platform::assemble`] does.
pub async fn open(env: Environment) -> Result<Vec<Mounted>, StartError> {
    Ok(Platform::assemble(&env).await?.into_mounted())
}
