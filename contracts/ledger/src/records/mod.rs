//! Records in git of everything that happened to pacts.
//!
//! A record is a file that is written once, under a name that derives from its content. So two branches that both
//! append merge without a conflict, and the order in which records are read does not matter: [`Records`] are the
//! same for every order of the files.
//!
//! The checksum in a record reveals an edit by hand or by a tool. It is not a signature: whoever can write to the
//! repository can write records.

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
pub use live::{LiveVersions, Others};
pub use record::{Deployment, Publication, PublishedPact, Record, Verification, VerificationResult};
pub use settings::Settings;

use crate::{document::ContentHash, source};

/// Ledger: a folder of records. The folder need not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    folder: PathBuf,
}

impl Ledger {
    /// Names the ledger of a folder of pacts.
    pub fn of_pacts(pacts: &Path) -> Self {
        Self {
            folder: pacts.join(source::LEDGER),
        }
    }

    /// Folder of the records.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads all records. A missing folder is a ledger without records.
    ///
    /// # Errors
    /// When a record can't be read, is not a record, or was changed after it was written. Names the file and the
    /// way to restore it. No file is skipped.
    pub fn read(&self) -> Result<Records, LedgerError> {
        let mut records = Records::default();
        self.add_to(&mut records, Path::new(""))?;
        Ok(records)
    }

    /// Reads publications and deployments. Verifications are by far the largest part and are left out.
    pub(crate) fn read_without_verifications(&self) -> Result<Records, LedgerError> {
        let mut records = Records::default();
        for kind in [record::PUBLICATION, record::DEPLOYMENT] {
            self.add_to(&mut records, Path::new(kind))?;
        }
        Ok(records)
    }

    /// Reads the verifications of one provider, and adds them to `records`.
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

    /// Appends a record and returns its file. The record is on the disk when this returns, and never there in
    /// part. Appending an equal record again changes nothing.
    ///
    /// # Errors
    /// When the record says something impossible ([`LedgerError::Invalid`]), or can't be written. The ledger is
    /// then unchanged.
    pub fn append(&self, record: &Record) -> Result<PathBuf, LedgerError> {
        let files = self.append_all(std::slice::from_ref(record))?;
        // One record, one file.
        Ok(files.into_iter().next().unwrap_or_default())
    }

    /// Appends all these records or none, and returns the file of each.
    ///
    /// # Errors
    /// Those of [`Self::append`], for any of the records.
    pub fn append_all(&self, records: &[Record]) -> Result<Vec<PathBuf>, LedgerError> {
        for record in records {
            record.check()?;
        }
        file::write(&self.folder, records)
    }

    /// Appends the result of a verification, like [`Self::record_verifications`].
    ///
    /// # Errors
    /// Those of [`Self::record_verifications`].
    pub fn record_verification(&self, verification: Verification) -> Result<PathBuf, LedgerError> {
        let files = self.record_verifications(vec![verification])?;
        Ok(files.into_iter().next().unwrap_or_default())
    }

    /// Appends the results of verifications, all or none, as `seam verify --record` does, and returns the file of
    /// each. Each one follows the verifications of its version and pact that are in the ledger now, and so replaces
    /// them; those of one call do not follow each other. An equal result that is in the ledger is not added again.
    ///
    /// # Errors
    /// Those of [`Self::append`] and, for the verifications of these providers, of [`Self::read`]. A verification
    /// of no interactions can't have passed.
    pub fn record_verifications(&self, mut verifications: Vec<Verification>) -> Result<Vec<PathBuf>, LedgerError> {
        let mut before = Records::default();
        let providers: BTreeSet<&str> = verifications.iter().map(|one| one.provider.as_str()).collect();
        for provider in providers {
            self.add_verifications(&mut before, provider)?;
        }
        for verification in &mut verifications {
            verification.follows = before.followed_by(verification);
        }
        let records: Vec<Record> = verifications.into_iter().map(Record::Verification).collect();
        self.append_all(&records)
    }

    /// Appends the pacts that a version of a consumer holds.
    ///
    /// # Errors
    /// Those of [`Self::append`].
    pub fn record_publication(&self, publication: Publication) -> Result<PathBuf, LedgerError> {
        self.append(&Record::Publication(publication))
    }

    /// Appends a change of an environment; [`Records::live`] builds such records.
    ///
    /// # Errors
    /// Those of [`Self::append`].
    pub fn record_deployment(&self, deployment: Deployment) -> Result<PathBuf, LedgerError> {
        self.append(&Record::Deployment(deployment))
    }
}

/// Records of a ledger. A record counts once, however often it was added.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    publications: Vec<Publication>,
    verifications: Vec<(ContentHash, Verification)>,
    deployments: Vec<(ContentHash, Deployment)>,
}

impl Records {
    /// Adds a record under its checksum.
    pub(crate) fn add(&mut self, id: ContentHash, record: Record) {
        match record {
            Record::Publication(publication) => self.publications.push(publication),
            Record::Verification(verification) => self.verifications.push((id, verification)),
            Record::Deployment(deployment) => self.deployments.push((id, deployment)),
        }
    }

    /// All publications: pacts that versions of consumers hold.
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// Pacts that this version of a consumer holds, each with its provider; `None` if no record says.
    pub fn held(&self, consumer: &str, version: &str) -> Option<BTreeSet<(&str, &ContentHash)>> {
        let mut all = None;
        for publication in &self.publications {
            if publication.consumer == consumer && publication.version == version {
                all.get_or_insert_with(BTreeSet::new).extend(publication.held());
            }
        }
        all
    }

    /// All verifications of versions of providers.
    pub fn verifications(&self) -> impl ExactSizeIterator<Item = &Verification> {
        self.verifications.iter().map(|(_, verification)| verification)
    }

    /// All verifications, each with its checksum.
    pub(crate) fn verifications_by_id(&self) -> impl Iterator<Item = (&ContentHash, &Verification)> {
        self.verifications.iter().map(|(id, verification)| (id, verification))
    }

    /// Checksums of the verifications that a new one of the same version and pact follows: those that no other one
    /// names, in order. For one that is here already, those that it follows.
    pub fn followed_by(&self, new: &Verification) -> Vec<ContentHash> {
        if let Some(known) = self.verifications().find(|known| known.is_same_event(new)) {
            return known.follows.clone();
        }
        let same = || self.verifications_by_id().filter(|(_, one)| one.is_about_same(new));
        let named: BTreeSet<&ContentHash> = same().flat_map(|(_, one)| &one.follows).collect();
        let open: BTreeSet<&ContentHash> = same().map(|(id, _)| id).filter(|id| !named.contains(id)).collect();
        open.into_iter().cloned().collect()
    }

    /// All changes of environments.
    pub fn deployments(&self) -> impl Iterator<Item = &Deployment> {
        self.deployments.iter().map(|(_, deployment)| deployment)
    }

    /// Computes the live versions of every environment.
    pub fn live(&self) -> LiveVersions<'_> {
        LiveVersions::of(&self.deployments)
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
