// SPDX-License-Identifier: Apache-2.0
#include "store/data_directory.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace zerq::store {
namespace {

namespace fs = std::filesystem;

std::unexpected<StartProblem> refuse(const fs::path& path, std::string_view what) {
  return cannot_start("data directory " + path.string() + ": " + std::string(what));
}

std::string text_of_errno(int code) { return std::strerror(code); }

// Locks, mapped files and SQLite's shared index are not to be trusted on these.
bool is_network_file_system(const fs::path& path) {
  constexpr uint32_t kCifs = 0xFF534D42;
  constexpr uint32_t kCeph = 0x00C36400;
  struct statfs answer{};
  if (::statfs(path.c_str(), &answer) != 0) {
    return false;
  }
  const auto type = static_cast<uint32_t>(answer.f_type);
  return type == NFS_SUPER_MAGIC || type == SMB_SUPER_MAGIC || type == SMB2_SUPER_MAGIC ||
         type == kCifs || type == kCeph || type == AFS_SUPER_MAGIC || type == V9FS_MAGIC;
}

std::string content_of(int fd) {
  std::array<char, 32> content{};
  const ssize_t bytes = ::pread(fd, content.data(), content.size(), 0);
  return std::string(content.data(), bytes > 0 ? static_cast<size_t>(bytes) : 0);
}

std::string pid_in(int fd) {
  const std::string content = content_of(fd);
  return content.substr(0, content.find_first_not_of("0123456789"));
}

// False: a start that did not go through removed the file after it was opened here.
bool is_still_there(int fd, const fs::path& path) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(fd, &opened) == 0 && ::lstat((path / "lock").c_str(), &named) == 0 &&
         opened.st_ino == named.st_ino && opened.st_dev == named.st_dev;
}

int open_lock(const fs::path& path) {
  return ::open((path / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

Error io_error(int code) { return {.code = ErrorCode::kIo, .os_errno = code}; }

}  // namespace

StartResult<std::unique_ptr<DataDirectory>> DataDirectory::open(io::Blocking,
                                                                const fs::path& path) {
  std::error_code code;
  if (!fs::exists(path, code)) {
    fs::create_directories(path.parent_path(), code);
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return refuse(path,
                    "cannot create it: " + text_of_errno(errno) + "; choose another --data-dir");
    }
  }
  if (!fs::is_directory(path, code)) {
    return refuse(path, "is no directory; choose another --data-dir");
  }
  if (is_network_file_system(path)) {
    return refuse(path, "is on a network file system; use a local disk");
  }
  const bool is_lock_new = !fs::exists(path / "lock", code);
  const int fd = open_lock(path);
  if (fd < 0) {
    return refuse(path, "cannot write to it: " + text_of_errno(errno) + "; mend its owner or mode");
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0 || !is_still_there(fd, path)) {
    const std::string pid = pid_in(fd);
    ::close(fd);
    return refuse(path, "is in use by process " + (pid.empty() ? "(unknown)" : pid) +
                            "; stop it or choose another --data-dir");
  }
  std::string before = content_of(fd);
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(fd, 0) != 0 ||
      ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    const int cause = errno;
    ::close(fd);
    return refuse(path, "cannot write to it: " + text_of_errno(cause) + "; make room");
  }
  return std::unique_ptr<DataDirectory>(
      new DataDirectory(path, fd, is_lock_new, std::move(before)));
}

DataDirectory::~DataDirectory() {
  // An empty file says that nobody is here; a killed owner leaves its pid, and no lock.
  static_cast<void>(::ftruncate(lock_fd_, 0));
  if (!is_settled_ && is_lock_new_) {
    ::unlink((path_ / "lock").c_str());
  } else if (!is_settled_) {
    static_cast<void>(::pwrite(lock_fd_, lock_before_.data(), lock_before_.size(), 0));
  }
  ::close(lock_fd_);
}

Result<> replace_file(io::Blocking, const fs::path& path, std::string_view content) {
  const fs::path part = path.string() + ".part";
  {
    const Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (file.fd() < 0) {
      return fail(io_error(errno));
    }
    while (!content.empty()) {
      const ssize_t written = ::write(file.fd(), content.data(), content.size());
      if (written < 0) {
        return fail(io_error(errno));
      }
      content.remove_prefix(static_cast<size_t>(written));
    }
    if (::fsync(file.fd()) != 0) {
      return fail(io_error(errno));
    }
  }
  if (::rename(part.c_str(), path.c_str()) != 0) {
    return fail(io_error(errno));
  }
  const Descriptor folder(::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd() < 0 || ::fsync(folder.fd()) != 0) {
    return fail(io_error(errno));
  }
  return {};
}

Result<std::string> read_file(io::Blocking, const fs::path& path, size_t bytes_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) {
    return fail(
        {.code = errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, .os_errno = errno});
  }
  std::string content;
  std::array<char, 16384> piece;
  while (true) {
    const ssize_t bytes = ::read(file.fd(), piece.data(), piece.size());
    if (bytes < 0) {
      return fail(io_error(errno));
    }
    if (bytes == 0) {
      return content;
    }
    if (content.size() + static_cast<size_t>(bytes) > bytes_max) {
      return fail(ErrorCode::kTooLarge);
    }
    content.append(piece.data(), static_cast<size_t>(bytes));
  }
}

}  // namespace zerq::store
