//! What happened to pacts, as records in git.
//!
//! A record is a file that is written once, under a name that derives from its content. So two branches that both append merge without a
//! conflict, and the order in which records are read means nothing: [`Records`] says the same for every order of the files.
//!
//! The checksum in a record finds an edit by hand or by a tool. It is no signature: who can write the repository can write records.

mod error;
mod file;
mod live;
mod record;
mod settings;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

pub use error::{LedgerError, SettingsError};
pub use live::{Live, Others};
pub use record::{Deployment, Outcome, Publication, PublishedPact, Record, Verification};
pub use settings::Settings;

use crate::{document::ContentHash, source};

/// The folder of records; it need not be there yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// The ledger of a folder of pacts.
    pub fn of_pacts(pacts: &Path) -> Self {
        Self {
            folder: pacts.join(source::LEDGER),
        }
    }

    /// Where the records lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads all records. No folder is a ledger without records.
    ///
    /// # Errors
    /// When a record can't be read, is no record, or is not as it was written; names the file and what to do. Nothing is passed over.
    pub fn read(&self) -> Result<Records, LedgerError> {
        let mut records = Records::default();
        self.add_to(&mut records, Path::new(""))?;
        Ok(records)
    }

    /// Reads all records but verifications, of which there are by far the most.
    pub(crate) fn read_without_verifications(&self) -> Result<Records, LedgerError> {
        let mut records = Records::default();
        for kind in [record::PUBLICATION, record::DEPLOYMENT] {
            self.add_to(&mut records, Path::new(kind))?;
        }
        Ok(records)
    }

    /// Adds the verifications of a provider.
    pub(crate) fn add_verifications(&self, records: &mut Records, provider: &str) -> Result<(), LedgerError> {
        self.add_to(
            records,
            &Path::new(record::VERIFICATION).join(file::folder_name(provider)),
        )
    }

    fn add_to(&self, records: &mut Records, below: &Path) -> Result<(), LedgerError> {
        let folder = self.folder.join(below);
        let mut files = Vec::new();
        if folder.exists() {
            source::list(&folder, &mut files, &|_| true)
                .map_err(|(file, source)| LedgerError::Unreadable { file, source })?;
        }
        for path in files {
            let (id, record) = file::read(&self.folder, &path)?;
            records.add(id, record);
        }
        Ok(())
    }

    /// Appends a record and says in which file it stands. It is on the disk before this returns, and is never there in part. Appending the very
    /// same record again changes nothing.
    ///
    /// # Errors
    /// When the record says what can't be ([`LedgerError::Invalid`]), or can't be written. Nothing is changed then.
    pub fn append(&self, record: &Record) -> Result<PathBuf, LedgerError> {
        let files = self.append_all(std::slice::from_ref(record))?;
        // One record, one file.
        Ok(files.into_iter().next().unwrap_or_default())
    }

    /// Appends all these records or none, and says in which file each stands.
    ///
    /// # Errors
    /// As [`Self::append`], for any of them.
    pub fn append_all(&self, records: &[Record]) -> Result<Vec<PathBuf>, LedgerError> {
        for record in records {
            record.check()?;
        }
        file::write(&self.folder, records)
    }

    /// Appends the result of a verification; what `seam verify` does.
    ///
    /// # Errors
    /// As [`Self::append`]. A verification of nothing can't have passed.
    pub fn record_verification(&self, verification: Verification) -> Result<PathBuf, LedgerError> {
        self.append(&Record::Verification(verification))
    }

    /// Appends which pacts a version of a consumer holds.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn record_publication(&self, publication: Publication) -> Result<PathBuf, LedgerError> {
        self.append(&Record::Publication(publication))
    }

    /// Appends what changed in an environment; [`Records::live`] knows how it is worded.
    ///
    /// # Errors
    /// As [`Self::append`].
    pub fn record_deployment(&self, deployment: Deployment) -> Result<PathBuf, LedgerError> {
        self.append(&Record::Deployment(deployment))
    }
}

/// All that the ledger says. A record counts once, however often it was added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    publications: Vec<Publication>,
    verifications: Vec<Verification>,
    deployments: Vec<(ContentHash, Deployment)>,
}

impl Records {
    /// Adds a record under its checksum.
    pub(crate) fn add(&mut self, id: ContentHash, record: Record) {
        match record {
            Record::Publication(publication) => self.publications.push(publication),
            Record::Verification(verification) => self.verifications.push(verification),
            Record::Deployment(deployment) => self.deployments.push((id, deployment)),
        }
    }

    /// Which pacts the versions of consumers hold.
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// Which pacts this version of a consumer holds, by provider; nothing, if no record says.
    pub fn held(&self, consumer: &str, version: &str) -> Option<BTreeSet<(&str, &ContentHash)>> {
        let mut all = None;
        for publication in &self.publications {
            if publication.consumer == consumer && publication.version == version {
                all.get_or_insert_with(BTreeSet::new).extend(publication.held());
            }
        }
        all
    }

    /// What was verified.
    pub fn verifications(&self) -> &[Verification] {
        &self.verifications
    }

    /// What went live and what went out.
    pub fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.deployments.iter().map(|(_, deployment)| deployment)
    }

    /// Which versions are live where.
    pub fn live(&self) -> Live<'_> {
        Live::of(&self.deployments)
    }
}

impl FromIterator<Record> for Records {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut all = Self::default();
        for record in records {
            all.add(record.id(), record);
        }
        all
    }
}
