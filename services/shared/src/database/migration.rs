/// One step of a module's schema. Once released it never changes: a later step corrects it.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// 1, 2, 3 ... within the module.
    pub version: i64,
    /// What it does, in a few words.
    pub name: &'static str,
    /// The statements for SQLite, separated by `;`.
    pub sqlite: &'static str,
    /// The statements for PostgreSQL, separated by `;`.
    pub postgres: &'static str,
}
