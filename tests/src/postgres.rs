use std::time::{Duration, Instant};

use sqlx::{Connection, PgConnection};
use testcontainers::{ContainerAsync, GenericImage, ImageExt, core::IntoContainerPort, runners::AsyncRunner};

/// A PostgreSQL 15 in a container, with role and schema of every module, until it is dropped.
#[derive(Debug)]
pub struct Postgres {
    _container: ContainerAsync<GenericImage>,
    port: u16,
}

impl Postgres {
    /// Starts a container and waits, at most 60 s, until PostgreSQL answers.
    ///
    /// # Panics
    /// If the container can't be started or provisioned.
    pub async fn start() -> Self {
        let container = GenericImage::new("postgres", "15")
            .with_exposed_port(5432.tcp())
            .with_env_var("POSTGRES_PASSWORD", "seam")
            .with_env_var("POSTGRES_DB", "seam")
            .start()
            .await
            .expect("a postgres:15 container starts");
        let port = container
            .get_host_port_ipv4(5432)
            .await
            .expect("port 5432 is published");
        let postgres = Self {
            _container: container,
            port,
        };
        let mut connection = postgres.connect_when_ready().await;
        sqlx::raw_sql(include_str!("../../services/provision.sql"))
            .execute(&mut connection)
            .await
            .expect("provision.sql runs");
        postgres
    }

    /// The URL of a module's own role and schema; `{module}` may stand for its name.
    pub fn url(&self, module: &str) -> String {
        format!("postgres://{module}:seam@127.0.0.1:{}/seam", self.port)
    }

    /// The URL of the superuser.
    pub fn admin_url(&self) -> String {
        self.url("postgres")
    }

    async fn connect_when_ready(&self) -> PgConnection {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            match PgConnection::connect(&self.admin_url()).await {
                Ok(connection) => return connection,
                Err(error) => assert!(Instant::now() < deadline, "postgres did not answer in 60 s: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
