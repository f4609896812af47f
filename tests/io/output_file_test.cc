#include "io/output_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "crossent/error.h"
#include "io/temporary_folder.h"

namespace {
// What fsync() was called for: 'f' a file, 'd' a folder that holds the file of the name by then.
std::string synced;
std::string synced_name;
}  // namespace

// In place of that of the C library, for all of this program.
extern "C" int fsync(int fd) {
  struct stat status {};
  ::fstat(fd, &status);
  const bool there = ::faccessat(fd, synced_name.c_str(), F_OK, 0) == 0;
  synced += S_ISDIR(status.st_mode) ? (there ? 'd' : '?') : 'f';
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace crossent::io {
namespace {

namespace fs = std::filesystem;

std::string contents(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::size_t entries(const fs::path& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(OutputFile, AppearsOnlyAtCommit) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.csv";
  {
    OutputFile file(path);
    file.write("half");
    EXPECT_FALSE(fs::exists(path));
  }
  EXPECT_EQ(entries(folder.path()), 0u);
  OutputFile file(path);
  file.write("whole\n");
  file.write(std::string(1 << 20, 'x'));
  file.commit();
  EXPECT_EQ(contents(path), "whole\n" + std::string(1 << 20, 'x'));
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(OutputFile, BringsTheFolderToTheDiskOnceTheFileIsInItsPlace) {
  const test::TemporaryFolder folder;
  for (const fs::path& path : {folder.path() / "out.csv", fs::path("here.csv")}) {
    synced.clear();
    synced_name = path.filename();
    OutputFile file(path);
    file.write("text");
    EXPECT_EQ(synced, "");
    file.commit();
    EXPECT_EQ(synced, "fd") << path;
    fs::remove(path);
  }
}

TEST(OutputFile, RemovesWhatAKilledProcessLeftBehind) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.csv";
  const pid_t child = ::fork();
  if (child == 0) {
    OutputFile file(path);
    file.write(std::string(1 << 20, 'x'));
    ::_exit(0);  // without a destructor
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(fs::exists(path.string() + ".crossent-part"));
  { OutputFile(path).write("half"); }
  EXPECT_EQ(entries(folder.path()), 0u);
}

TEST(OutputFile, LeavesTheUnfinishedFileOfALivingProcessAlone) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.csv";
  OutputFile first(path);
  first.write("first");
  OutputFile second(path);
  second.write("second");
  EXPECT_EQ(entries(folder.path()), 2u);
  second.commit();
  EXPECT_EQ(contents(path), "second");
  first.commit();
  EXPECT_EQ(contents(path), "first");
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(OutputFile, RemovesNothingElseOfThatName) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.csv", kept = folder.path() / "kept";
  std::ofstream(kept) << "kept";
  fs::create_symlink(kept, path.string() + ".crossent-part");
  fs::create_directory(path.string() + ".crossent-part-1");
  OutputFile file(path);
  file.write("new");
  file.commit();
  EXPECT_EQ(contents(path), "new");
  EXPECT_EQ(contents(kept), "kept");
  EXPECT_EQ(entries(folder.path()), 4u);
}

TEST(OutputFile, AnOlderFileStaysUntilCommitAndKeepsItsMode) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.csv";
  std::ofstream(path) << "old";
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
  { OutputFile(path).write("new"); }
  EXPECT_EQ(contents(path), "old");
  OutputFile file(path);
  file.write("new");
  file.commit();
  EXPECT_EQ(contents(path), "new");
  EXPECT_EQ(fs::status(path).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST(OutputFile, NewFilesFollowTheUmask) {
  const test::TemporaryFolder folder;
  const mode_t before = ::umask(027);
  OutputFile file(folder.path() / "out");
  file.commit();
  ::umask(before);
  struct stat status {};
  ASSERT_EQ(::stat((folder.path() / "out").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0640u);
}

TEST(OutputFile, WritesThroughSymbolicLinks) {
  const test::TemporaryFolder folder;
  const fs::path target = folder.path() / "target", link = folder.path() / "link";
  std::ofstream(target) << "a longer text than the new one";
  fs::create_symlink(target, link);
  OutputFile file(link);
  file.write("through");
  file.commit();
  EXPECT_TRUE(fs::is_symlink(link));
  EXPECT_EQ(contents(target), "through");
}

// A device node of the test's own: a mistake in the code must not replace the system's.
fs::path private_device(const fs::path& folder, unsigned minor) {
  fs::path node = folder / "device";
  if (::mknod(node.c_str(), S_IFCHR | 0600, makedev(1, minor)) != 0) return {};
  if (!std::ofstream(node).is_open()) return {};  // a file system mounted without devices
  return node;
}
constexpr unsigned kNull = 3, kFull = 7;  // of the memory devices

TEST(OutputFile, WritesToDevicesWithoutReplacingThem) {
  const test::TemporaryFolder folder;
  const fs::path null = private_device(folder.path(), kNull);
  if (null.empty()) GTEST_SKIP() << "no device nodes here";
  OutputFile file(null);
  file.write("nothing");
  file.commit();
  EXPECT_TRUE(fs::is_character_file(null));
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(OutputFile, AFullDeviceIsAnErrorThatNamesIt) {
  const test::TemporaryFolder folder;
  const fs::path full = private_device(folder.path(), kFull);
  if (full.empty()) GTEST_SKIP() << "no device nodes here";
  try {
    OutputFile file(full);
    file.write("text");
    file.commit();
    FAIL() << "no throw";
  } catch (const IoError& e) {
    EXPECT_EQ(std::string(e.what()), "cannot write " + full.string() + ": No space left on device");
  }
  EXPECT_TRUE(fs::is_character_file(full));
}

TEST(OutputFile, AFullDiskLeavesNothingBehind) {
  const test::TemporaryFolder folder;
  const fs::path path = folder.path() / "out.csv";
  std::ofstream(path) << "old";
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{100'000, before.rlim_max};
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  std::string what;
  try {
    OutputFile file(path);
    file.write(std::string(1 << 20, 'x'));
    file.commit();
  } catch (const IoError& e) {
    what = e.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(what, "cannot write " + path.string() + ": File too large");
  EXPECT_EQ(contents(path), "old");
  EXPECT_EQ(entries(folder.path()), 1u);
}

TEST(OutputFile, RefusesWhatCannotBeWritten) {
  const test::TemporaryFolder folder;
  const auto error_of = [](const fs::path& path) -> std::string {
    try {
      OutputFile file(path);
    } catch (const IoError& e) {
      return e.code().message();
    }
    return "";
  };
  EXPECT_EQ(error_of(folder.path()), "Is a directory");
  EXPECT_EQ(error_of(folder.path() / "no" / "out"), "No such file or directory");
  EXPECT_EQ(error_of(""), "No such file or directory");
  if (::geteuid() == 0) return;  // root may write anything
  std::ofstream(folder.path() / "kept") << "old";
  fs::permissions(folder.path() / "kept", fs::perms::owner_read);
  EXPECT_EQ(error_of(folder.path() / "kept"), "Permission denied");
}

}  // namespace
}  // namespace crossent::io
