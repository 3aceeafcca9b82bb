//! The local data folder: the object store on disk, the few private files beside it, and the
//! sweep of temporary names that a crash left behind.

#![expect(clippy::disallowed_methods, reason = "storage is the one room that writes files")]

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use object_store::local::LocalFileSystem;

use super::Storage;

/// Why a private file could not be made or read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct PrivateFileError {
    /// Which file.
    pub path: PathBuf,
    /// What the system said.
    pub source: io::Error,
}

/// The data folder of one installation.
#[derive(Clone, Debug)]
pub struct LocalFiles {
    root: PathBuf,
}

impl LocalFiles {
    /// Opens the folder, making it (and its parents) when missing.
    ///
    /// # Errors
    /// What the system says when the folder cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        Ok(Self { root: fs::canonicalize(root)? })
    }

    /// Makes a folder (and its parents) outside the data folder, for command-line output.
    ///
    /// # Errors
    /// What the system says when the folder cannot be made.
    pub fn open_output(folder: &Path) -> io::Result<Self> {
        Self::open(folder)
    }

    /// The absolute folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The object store in this folder; every put is fsynced, but for renditions, which a crash may
    /// leave torn and their reader then makes again.
    ///
    /// # Errors
    /// What the system says when the folder cannot be used.
    pub fn storage(&self) -> io::Result<Storage> {
        let hasty = LocalFileSystem::new_with_prefix(&self.root).map_err(io::Error::other)?;
        let objects = hasty.clone().with_fsync(true);
        Ok(Storage::new(Arc::new(objects)).with_hasty(Arc::new(hasty)))
    }

    /// Reads a file of this folder, or `None` when there is none.
    ///
    /// # Errors
    /// What the system says, with the path.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, PrivateFileError> {
        let path = self.root.join(name);
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(PrivateFileError { path, source }),
        }
    }

    /// Writes a file that only its owner may read (mode 0600), durably and at once: temporary name,
    /// fsync, rename, fsync of the folder. Folders in the name are made.
    ///
    /// # Errors
    /// What the system says, with the path.
    pub fn write_private(&self, name: &str, bytes: &[u8]) -> Result<(), PrivateFileError> {
        let path = self.root.join(name);
        let failed = |source| PrivateFileError { path: path.clone(), source };
        let folder = path.parent().unwrap_or(&self.root);
        fs::create_dir_all(folder).map_err(failed)?;
        let mut temporary = path.clone().into_os_string();
        temporary.push("#private");
        let temporary = PathBuf::from(temporary);
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&temporary).map_err(failed)?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        drop(file);
        fs::rename(&temporary, &path).map_err(failed)?;
        fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)
    }

    /// Removes temporary files (`name#n`, as the object store and [`Self::write_private`] name
    /// them) that are older than `age`, and returns how many. A crash in the middle of a put leaves
    /// one; nothing ever reads it.
    ///
    /// # Errors
    /// What the system says when a folder cannot be read; files that vanish meanwhile are fine.
    pub fn sweep_temporary(&self, age: Duration) -> io::Result<usize> {
        let mut removed = 0;
        for top in ["outputs", "uploads", "cache", "mail"] {
            removed += sweep(&self.root.join(top), age)?;
        }
        Ok(removed)
    }
}

fn sweep(folder: &Path, age: Duration) -> io::Result<usize> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(error),
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            removed += sweep(&entry.path(), age)?;
            continue;
        }
        let old = metadata.modified().ok().and_then(|at| at.elapsed().ok()).is_some_and(|elapsed| elapsed >= age);
        if old && entry.file_name().to_string_lossy().contains('#') && fs::remove_file(entry.path()).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn puts_are_whole_and_leave_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let files = LocalFiles::open(folder.path()).unwrap();
        let storage = files.storage().unwrap();
        let stored = storage.put("outputs/1/session_x/00-prime.jpg", bytes::Bytes::from_static(b"jpeg")).await.unwrap();
        assert_eq!(stored.byte_size, 4);
        assert_eq!(storage.get(&stored.key).await.unwrap().as_ref(), b"jpeg");
        let names: Vec<_> = fs::read_dir(folder.path().join("outputs/1/session_x"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["00-prime.jpg"]);
        storage.delete_folder("outputs/1/session_x").await.unwrap();
        assert!(!storage.exists(&stored.key).await.unwrap());
    }

    #[test]
    fn only_old_temporary_files_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let files = LocalFiles::open(folder.path()).unwrap();
        files.write_private("outputs/1/productname.txt", b"x").unwrap();
        fs::write(folder.path().join("outputs/1/00-prime.jpg#1"), b"half").unwrap();
        assert_eq!(files.sweep_temporary(Duration::from_secs(3600)).unwrap(), 0);
        assert_eq!(files.sweep_temporary(Duration::ZERO).unwrap(), 1);
        assert!(files.read("outputs/1/productname.txt").unwrap().is_some());
    }

    #[cfg(unix)]
    #[test]
    fn a_private_file_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let files = LocalFiles::open(folder.path()).unwrap();
        files.write_private("secret.key", b"s").unwrap();
        let mode = fs::metadata(folder.path().join("secret.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
