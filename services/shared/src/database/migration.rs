/// One step of a module's schema. Once released it never changes; a later step corrects it.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Number of the step within the module: 1, 2, 3 and so on.
    pub version: i64,
    /// Purpose of the step, in a few words.
    pub name: &'static str,
    /// The statements for SQLite, separated by `;`.
    pub sqlite: &'static str,
    /// The statements for PostgreSQL, separated by `;`.
    pub postgres: &'static str,
}
