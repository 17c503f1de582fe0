"""Files: listing, finding, moving, compressing, permissions, checksums and disk usage."""

import datetime as dt
import fnmatch
import hashlib
from collections.abc import Callable
from math import ceil
from typing import Annotated, Any, Literal, TypedDict
from zlib import crc32

from sftctl.core.tools import Between, Date, Pick, Size, tool

# The file system: path, size in KB, day of the last change, text.
_FILES: dict[str, tuple[int, str, str]] = {
    "/home/ana/notes/todo.md": (4, "2026-02-11", "buy paint, call the landlord, TODO sort photos"),
    "/home/ana/notes/recipes.txt": (12, "2025-11-30", "pancakes: two eggs, flour and milk"),
    "/home/ana/photos/beach.jpg": (3480, "2024-07-19", ""),
    "/home/ana/photos/wedding.png": (8120, "2023-09-02", ""),
    "/home/ana/taxes/return_2025.pdf": (640, "2026-03-28", "total income and deductions"),
    "/home/ana/.bashrc": (2, "2024-01-15", "export PATH"),
    "/home/ben/thesis/chapter1.tex": (88, "2025-05-06", "Introduction: the deadline moved"),
    "/home/ben/thesis/figures.zip": (15200, "2025-05-04", ""),
    "/home/ben/music/demo.mp3": (5230, "2022-12-24", ""),
    "/home/ben/music/concert.flac": (48100, "2024-06-08", ""),
    "/srv/web/index.html": (16, "2026-01-20", "welcome, please enter your password"),
    "/srv/web/style.css": (9, "2026-01-21", "margin and padding"),
    "/srv/web/app.js": (143, "2026-02-02", "function login, TODO handle timeout"),
    "/srv/db/customers.csv": (20480, "2026-03-31", "name, email, city"),
    "/srv/db/orders.sqlite": (307200, "2026-04-01", ""),
    "/var/log/nginx/access.log": (51200, "2026-04-02", "GET 200, GET 404, timeout"),
    "/var/log/nginx/error.log": (1280, "2026-04-02", "error: upstream timeout, connection refused"),
    "/var/log/syslog": (7340, "2026-04-02", "kernel warning, disk error"),
    "/backup/home_2025.tar.gz": (912000, "2025-12-31", ""),
    "/backup/db_march.7z": (204800, "2026-03-31", ""),
    "/opt/tools/deploy.sh": (6, "2025-08-14", "restart nginx, check the password file"),
    "/opt/tools/settings.yaml": (3, "2025-10-01", "timeout: 30, email: ops"),
    "/opt/tools/.env": (1, "2025-10-02", "password"),
}

FilePath = Annotated[str, Pick(*_FILES)]
Directory = Annotated[str, Pick(
    "/home/ana", "/home/ana/notes", "/home/ana/photos", "/home/ana/taxes", "/home/ben", "/home/ben/thesis",
    "/home/ben/music", "/srv", "/srv/web", "/srv/db", "/var/log", "/var/log/nginx", "/backup",
    "/opt/tools", "/home",
)]  # fmt: skip
Archive = Annotated[str, Pick(
    "/home/ben/thesis/figures.zip", "/backup/home_2025.tar.gz", "/backup/db_march.7z"
)]  # fmt: skip
ArchiveName = Annotated[str, Pick(
    "bundle", "for_review", "old_stuff", "handover", "site_snapshot", "holiday", "logs_april", "submission",
    "evidence", "to_printer", "client_copy", "release_1_2", "attic", "project_x", "night_backup",
)]  # fmt: skip
Pattern = Annotated[str, Pick(
    "*.pdf", "*.log", "*.jpg", "*.csv", "*.zip", "*.md", "*.txt", "*.tex", "*.mp3", "*.html", "*.sh",
    "*.yaml",
    "re*", "*2025*", "c*", "*.png",
)]  # fmt: skip
Words = Annotated[str, Pick(
    "TODO", "password", "timeout", "email", "error", "deadline", "nginx", "flour", "deductions", "kernel",
    "login", "margin", "landlord", "city", "restart", "warning",
)]  # fmt: skip
Volume = Annotated[str, Pick(
    "/", "/home", "/var", "/srv", "/backup", "/mnt/nas", "/mnt/usb", "/boot", "/data", "/scratch", "/opt",
    "/media/camera", "/mnt/archive", "/var/spool", "/mnt/ssd2",
)]  # fmt: skip
CopyName = Annotated[str, Pick(
    "draft_v2", "spare", "copy_for_mia", "backup_copy", "original", "sandbox", "before_edit", "shared",
    "print_me", "latest",
)]  # fmt: skip
Password = Annotated[str, Pick(
    "tulip7", "0penSesame", "blue-heron", "k4rton", "hunter22", "march-hare", "Zug1987", "violet",
    "lemon_tree", "q1w2e3",
)]  # fmt: skip
Mode = Annotated[str, Pick(
    "400", "440", "444", "600", "640", "644", "660", "664", "700", "740", "750", "755", "770", "775", "777",
)]  # fmt: skip
Place = Annotated[str, Pick(
    "/home/ana/notes/todo.md", "/home/ana/photos", "/home/ana/taxes/return_2025.pdf", "/home/ben/thesis",
    "/home/ben/thesis/chapter1.tex", "/home/ben/music/demo.mp3", "/srv/web", "/srv/web/index.html",
    "/srv/db/customers.csv", "/srv/db", "/var/log/nginx", "/var/log/syslog", "/backup",
    "/opt/tools/deploy.sh",
    "/opt/tools",
)]  # fmt: skip
Unit = Literal["B", "KB", "MB", "GB", "TB"]

_UNITS = ["B", "KB", "MB", "GB", "TB"]


class Rights(TypedDict):
    """What the owner, the group and everybody else may do."""

    owner: Literal["read", "write", "full"]
    group: Literal["none", "read", "write", "full"]
    others: Literal["none", "read", "write", "full"]


def _hash(*parts: object) -> int:
    return crc32("|".join(map(str, parts)).encode())


def _entry(path: str) -> tuple[int, str, str]:
    if path not in _FILES:
        raise ValueError(f"no such file: {path}")
    return _FILES[path]


def _under(directory: str) -> list[str]:
    """The files anywhere below a directory."""
    start = directory.rstrip("/") + "/"
    found = [path for path in _FILES if path.startswith(start)]
    if not found:
        raise ValueError(f"no such directory: {directory}")
    return found


def _place(path: str, directory: str) -> str:
    _under(directory)
    return f"{directory.rstrip('/')}/{path.rpartition('/')[2]}"


@tool(
    asks=(
        "(List|Show me) what's in the folder[ {path}][, sorted by {sort_by}].",
        "(Which|What) files and folders does {path} (contain|hold)[, {show_hidden:hidden ones "
        "included|leaving out hidden ones}]?",
        "ls {path}[ by {sort_by}]",
        "I forgot what I keep directly in {path}. Can you have a look[ and {show_hidden:show the dot files "
        "too|skip the dot files}]?",
        "Please give me the entries of the directory {path}[ ordered by {sort_by}].",
    ),
    answer="{path} has {count} entries.",
)
def list_directory(
    path: Directory, sort_by: Literal["name", "size", "date"] = "name", show_hidden: bool = False
) -> dict[str, Any]:
    """List the files and folders directly inside a directory.

    Args:
        path: Absolute path of the directory.
        sort_by: Order of the entries.
        show_hidden: Whether entries whose name starts with a dot are listed.
    """
    entries: dict[str, tuple[int, str]] = {}
    for file in _under(path):
        name = file[len(path.rstrip("/")) + 1 :].partition("/")[0]
        size, day = entries.get(name, (0, ""))
        entries[name] = (size + _FILES[file][0], max(day, _FILES[file][1]))
    keys: dict[str, Callable[[str], Any]] = {
        "name": lambda n: n,
        "size": lambda n: -entries[n][0],
        "date": lambda n: entries[n][1],
    }
    names = [n for n in sorted(entries, key=keys[sort_by]) if show_hidden or not n.startswith(".")]
    return {"entries": names, "count": len(names)}


@tool(
    asks=(
        '(Find|Locate) all files[ named "{pattern}"][ below {directory}][ that changed after {modified_after}].',
        'Where (are|did I put) the "{pattern}" files?[ Look in {directory} only.]',
        '"{pattern}" files[ in {directory}][, at most {max_depth} levels deep]',
        'I need the paths of everything whose name matches "{pattern}"[ and that was modified since {modified_after}].',
        'Is there something like "{pattern}" on this machine[, no more than {max_depth} levels down]?',
        'Go through the disk[, but only below {directory},] and look for file names of the form "{pattern}".',
    ),
    answer='Number of files that match "{pattern}": {count}.',
)
def find_files(
    pattern: Pattern,
    directory: Directory | None = None,
    max_depth: Annotated[int, Between(2, 5)] | None = None,
    modified_after: Date | None = None,
) -> dict[str, Any]:
    """Find files by name in a directory and everything below it.

    Args:
        pattern: Shell pattern of the file name, such as *.pdf.
        directory: Directory to start from; the whole file system if left out.
        max_depth: How many levels below that directory to look at.
        modified_after: Only find files changed after this date, YYYY-MM-DD.
    """
    root = (directory or "").rstrip("/")
    files = _under(root) if root else list(_FILES)
    found = [
        path
        for path in files
        if fnmatch.fnmatchcase(path.rpartition("/")[2], pattern)
        and (max_depth is None or path[len(root) :].count("/") <= max_depth)
        and (modified_after is None or _FILES[path][1] > modified_after)
    ]
    return {"count": len(found), "paths": found}


@tool(
    asks=(
        '(Which|What) files[ in {directory}] (contain|mention) "{words}"?',
        'Search inside the files[ under {directory}][ for "{words}"][, {ignore_case:ignoring case|case-sensitive}].',
        'grep "{words}"[ {directory}]',
        'I wrote "{words}" in some file and can\'t remember where. Please find it[, it should be below {directory}].',
        'Does any file have the word "{words}" in its text[ if {ignore_case:upper and lower case are the '
        "same|upper and lower case differ}]?",
        'Look for the text "{words}" (everywhere|on the disk)[ except in files named {exclude}].',
    ),
    answer='Number of files that contain "{words}": {count}.',
)
def grep_files(
    words: Words,
    directory: Directory | None = None,
    ignore_case: bool = False,
    exclude: Pattern | None = None,
) -> dict[str, Any]:
    """Find files by the text that is written in them.

    Args:
        words: Text to look for.
        directory: Directory to search, with everything below it; the whole file system if left out.
        ignore_case: Whether capital and small letters count as the same.
        exclude: Shell pattern of file names to leave out.
    """
    if not words:
        raise ValueError("words must not be empty")
    fold = str.lower if ignore_case else str
    found = [
        path
        for path in (_under(directory) if directory else _FILES)
        if fold(words) in fold(_FILES[path][2])
        and not (exclude and fnmatch.fnmatchcase(path.rpartition("/")[2], exclude))
    ]
    return {"count": len(found), "paths": found}


@tool(
    asks=(
        "(Move|Put|Shift) {source}[ into {destination}].",
        "{source} (belongs|should be) in {destination}, not where it is now. Please fix that[ and "
        "{overwrite:overwrite whatever is there|don't overwrite anything}].",
        "mv {source} {destination}",
        "I don't want {source} at its old place any more[, take it to {destination}].",
        "Could you relocate {source} to {destination}[, {overwrite:replacing an existing file|leaving an "
        "existing file alone}]?",
        "Tidy up for me: {source} goes to {destination}.",
    ),
    answer="The file is now at {new_path}.",
)
def move_file(source: FilePath, destination: Directory, overwrite: bool = False) -> dict[str, str]:
    """Move a file to another directory, so that it disappears from the old one.

    Args:
        source: Absolute path of the file.
        destination: Absolute path of the directory to move it to.
        overwrite: Whether a file of the same name in the destination is replaced.
    """
    _entry(source)
    target = _place(source, destination)
    if target in _FILES and target != source and not overwrite:
        raise ValueError(f"{target} exists already")
    return {"old_path": source, "new_path": target}


@tool(
    asks=(
        "(Copy|Duplicate) {source}[ to {destination}].",
        "I want {source} in {destination} as well[, under the name {new_name}].",
        "cp {source} {destination}",
        "Keep {source} where it is, but put another one in {destination}[ called {new_name}].",
        "Before I edit {source}, make a second version of it[ in {destination}][ and "
        "{keep_timestamps:preserve its timestamps|give it a fresh timestamp}].",
        "Please place a copy of {source}[ into {destination}].",
    ),
    answer="The copy is at {new_path} and takes {size_kb} KB.",
)
def duplicate_file(
    source: FilePath,
    destination: Directory,
    new_name: CopyName | None = None,
    keep_timestamps: bool = True,
) -> dict[str, Any]:
    """Copy a file to another directory; the original stays.

    Args:
        source: Absolute path of the file.
        destination: Absolute path of the directory for the copy.
        new_name: Name of the copy; the name of the original if left out.
        keep_timestamps: Whether the copy keeps the original's date of change.
    """
    size, day, _ = _entry(source)
    target = _place(new_name or source, destination)
    if target == source:
        target += ".copy"
    return {"new_path": target, "size_kb": size, "modified": day if keep_timestamps else "now"}


@tool(
    asks=(
        "(Compress|Pack|Zip up) {paths}[ into an archive named {archive_name}].",
        "Make one archive called {archive_name} out of {paths}[, as {format}].",
        "{paths} -> {archive_name}[, {format}][, level {level}]",
        "I have to send {paths} to a colleague. Bundle them up for me[ as {archive_name}][ in {format} format].",
        "Could you put {paths} together[ in a compressed file, {archive_name}][, compression level {level}]?",
        "Create {archive_name}, containing {paths}.[ Use compression level {level}.]",
    ),
    answer="{archive} has been created; it takes {size_kb} KB.",
)
def compress_files(
    paths: Annotated[list[FilePath], Size(2, 4)],
    archive_name: ArchiveName,
    format: Literal["zip", "tar.gz", "7z"] = "zip",
    level: Annotated[int, Between(1, 9)] = 6,
) -> dict[str, Any]:
    """Pack several files into one compressed archive.

    Args:
        paths: Absolute paths of the files.
        archive_name: Name of the archive without its ending.
        format: Type of the archive.
        level: Compression level from 1 (fast) to 9 (small).
    """
    if not 1 <= level <= 9:
        raise ValueError("level must be from 1 to 9")
    total = sum(_entry(path)[0] for path in set(paths))
    return {"archive": f"{archive_name}.{format}", "size_kb": ceil(total * (0.75 - 0.03 * level))}


@tool(
    asks=(
        "(Extract|Unpack|Unzip) {archive}[ to {target}].",
        "I want what's inside {archive}. (Put it in|Unpack it to) {target}[, the password is {password}].",
        "unpack {archive} => {target}[ (pw|password) {password}]",
        "{archive} has to be opened up[ in {target}][, and {delete_archive:it can go afterwards|it should "
        "stay afterwards}].",
        "Could you (please |)decompress {archive}[ into {target}]?[ Its password is {password}.]",
    ),
    answer="{file_count} files were unpacked to {target}.",
)
def extract_archive(
    archive: Archive,
    target: Directory,
    password: Password | None = None,
    delete_archive: bool = False,
) -> dict[str, Any]:
    """Unpack all files of an archive into a directory.

    Args:
        archive: Absolute path of the archive.
        target: Absolute path of the directory to unpack to.
        password: Password of the archive, if it has one.
        delete_archive: Whether the archive is deleted once it is unpacked.
    """
    size = _entry(archive)[0]
    _under(target)
    return {
        "file_count": 3 + _hash(archive) % 40,
        "size_kb": round(size * 1.6),
        "archive_kept": not delete_archive,
    }


@tool(
    asks=(
        "On {path}, give the owner {rights.owner}, the group {rights.group} and others {rights.others} "
        "access[, {recursive:recursively|not recursively}].",
        "Change who may use {path}: owner {rights.owner}, group {rights.group}, others {rights.others}.",
        "{path}: owner={rights.owner}, group={rights.group}, others={rights.others}[, {recursive:including "
        "everything below|this level only}]",
        "I'd like the access rights[ of {path}] to be like this: {rights.owner} for the owner, "
        "{rights.group} for the "
        "group, {rights.others} for everybody else.",
        "Access to {path} is wrong. It should be {rights.owner} for me as the owner, {rights.group} for my "
        "group and {rights.others} for all others[, {recursive:with all subfolders|without subfolders}].",
    ),
    answer="The mode of {path} is now {mode}.",
)
def set_permissions(path: Place, rights: Rights, recursive: bool = False) -> dict[str, Any]:
    """Set in words what the owner, the group and all others may do with a file or directory.

    Args:
        path: Absolute path of the file or directory.
        rights: Access of the owner, the group and the others; `full` is read, write and execute.
        recursive: Whether everything below a directory is changed too.
    """
    digits = {"none": "0", "read": "4", "write": "6", "full": "7"}
    mode = digits[rights["owner"]] + digits[rights["group"]] + digits[rights["others"]]
    changed = 1 if path in _FILES else 1 + len(_under(path)) * recursive
    return {"mode": mode, "changed": changed}


@tool(
    asks=(
        "(Set|Change) the mode of {path}[ to {mode}].",
        "chmod {mode} {path}",
        "{path} should have octal permissions {mode}[, {follow_links:following symbolic links|without "
        "following symbolic links}].",
        "The deploy fails because {path} isn't {mode}. Please correct its mode bits.",
        "Could you apply {mode} as the numeric mode of {path}?[ {follow_links:Follow links|Don't follow links}.]",
        "I need numeric permissions on {path}[, namely {mode}].",
    ),
    answer="{path} now has the permissions {result}.",
)
def chmod_octal(
    path: FilePath,
    mode: Mode,
    follow_links: bool = True,
) -> str:
    """Set the permissions of a file by octal number and return them in symbolic form.

    Args:
        path: Absolute path of the file.
        mode: Three octal digits for owner, group and others, such as 644.
        follow_links: Whether the target of a symbolic link is changed instead of the link.
    """
    _entry(path)
    if len(mode) != 3 or set(mode) - set("01234567"):
        raise ValueError(f"not an octal mode: {mode}")
    return "".join(c if int(d) & bit else "-" for d in mode for c, bit in (("r", 4), ("w", 2), ("x", 1)))


@tool(
    asks=(
        "How much (disk |)space does {directory} take[, in {unit}]?",
        "What do the files in {directory} add up to[, {include_hidden:hidden files included|hidden files excluded}]?",
        "du {directory}[ {unit}]",
        "My disk is filling up, so tell me the total size of {directory}[ in {unit}].",
        "Add up the sizes of all files[ below {directory}][ and {include_hidden:count hidden ones|ignore "
        "hidden ones}].",
    ),
    answer="{directory} takes {size} {size_unit}; number of files: {file_count}.",
)
def disk_usage(
    directory: Directory, unit: Literal["KB", "MB", "GB"] = "MB", include_hidden: bool = True
) -> dict[str, Any]:
    """Measure how much space the files of a directory and its subdirectories take.

    Args:
        directory: Absolute path of the directory.
        unit: Unit of the size.
        include_hidden: Whether hidden files are counted.
    """
    files = [path for path in _under(directory) if include_hidden or "/." not in path]
    size = sum(_FILES[path][0] for path in files) / 1000 ** ["KB", "MB", "GB"].index(unit)
    return {"size": round(size, 3), "size_unit": unit, "file_count": len(files)}


@tool(
    asks=(
        "How much (room|space) is left on {volume}[, in {unit}]?",
        "Does {volume} still have room?[ Keep {reserve_percent} percent in reserve.]",
        "free space {volume}[ {unit}]",
        "I want to copy a large film to {volume}. What's still free there[, in {unit}]?",
        "Tell me the remaining capacity of the volume[ mounted at {volume}][, less a reserve of "
        "{reserve_percent} percent].",
    ),
    answer="{volume} has {free} of {capacity} {size_unit} left.",
)
def volume_free_space(
    volume: Volume,
    unit: Literal["GB", "TB"] = "GB",
    reserve_percent: Annotated[float, Pick(2.5, 5, 10, 15)] = 0.0,
) -> dict[str, Any]:
    """Report the capacity and the free space of a mounted volume.

    Args:
        volume: Mount point of the volume.
        unit: Unit of the sizes.
        reserve_percent: Share of the capacity that is not to be counted as free, in percent.
    """
    capacity = (128, 256, 512, 1024, 2048)[_hash(volume) % 5] / (1000 if unit == "TB" else 1)
    free = max(0.0, capacity * (_hash(volume, "free") % 90 / 100 - reserve_percent / 100))
    return {"free": round(free, 2), "capacity": capacity, "size_unit": unit}


@tool(
    asks=(
        "How long (does|will) it take to transfer {size_gb} GB[ at {speed_mbps} Mbit/s][ with "
        "{overhead_percent} percent overhead]?",
        "(Estimate|Work out) the upload time for {size_gb} GB[ over a {speed_mbps} Mbit/s line].",
        "{size_gb} GB @ {speed_mbps} Mbps[, {overhead_percent} percent overhead], duration?",
        "My connection does {speed_mbps} megabits per second and the backup is {size_gb} gigabytes. When "
        "will it be through?",
        "I'm about to download {size_gb} GB[ and my line gives me {speed_mbps} Mbit/s]. Have I time for a coffee?",
        "With a bandwidth of {speed_mbps} Mbit/s, how many minutes[ for {size_gb} GB]?[ Reckon with "
        "{overhead_percent} percent protocol overhead.]",
    ),
    answer="The transfer takes about {result} minutes.",
)
def estimate_transfer_time(
    size_gb: Annotated[float, Between(0.5, 250)],
    speed_mbps: Annotated[float, Between(6, 950, 0)],
    overhead_percent: Annotated[float, Between(2, 15)] = 5.0,
) -> float:
    """Estimate how many minutes the transfer of a file takes.

    Args:
        size_gb: Size of the file in gigabytes.
        speed_mbps: Speed of the connection in megabits per second.
        overhead_percent: Additional data caused by the protocol, in percent.
    """
    if size_gb < 0 or speed_mbps <= 0:
        raise ValueError("the size must not be negative and the speed must be above 0")
    return round(size_gb * 8000 * (1 + overhead_percent / 100) / speed_mbps / 60, 1)


@tool(
    asks=(
        "(Delete|Remove) everything in {directory} that is older than {days} days[, counted from {as_of}].",
        "Clean out {directory}: files untouched for {days} days (can go|are no longer needed)[, "
        "{dry_run:but only list them for now|and really delete them}].",
        "purge {directory} > {days} days[, {dry_run:dry run|for real}]",
        "{directory} is full of old files. Get rid of those not changed[ in {days} days].[ Reckon from {as_of}.]",
        "Our policy says files in {directory} are kept for {days} days. Please enforce it[ as of {as_of}][, "
        "{dry_run:as a rehearsal|for good}].",
    ),
    answer="Files in {directory} that are older than {days} days: {count}.",
)
def purge_older_than(
    directory: Directory,
    days: Annotated[int, Pick(7, 14, 30, 60, 90, 180, 365, 730)],
    as_of: Date = "2026-04-02",
    dry_run: bool = True,
) -> dict[str, Any]:
    """Delete the files of a directory that have not changed for a number of days.

    Args:
        directory: Absolute path of the directory.
        days: Age in days from which files are deleted.
        as_of: Date at which the age is reckoned, YYYY-MM-DD.
        dry_run: Whether the files are only listed and not deleted.
    """
    if days < 0:
        raise ValueError("days must not be negative")
    limit = str(dt.date.fromisoformat(as_of) - dt.timedelta(days=days))
    old = [path for path in _under(directory) if _FILES[path][1] < limit]
    return {"count": len(old), "paths": old, "deleted": not dry_run}


@tool(
    asks=(
        "(What is|Compute|Give me) the checksum of {path}[, using {algorithm}].",
        "I want to verify that {path} wasn't tampered with. What's its {algorithm} digest?",
        "{algorithm} {path}[, first {digits} digits]",
        "Calculate {algorithm} for the file {path}[ and show only {digits} digits].",
        "Could you hash {path}[ with {algorithm}]?",
        "Fingerprint of {path}, please[, {algorithm}].",
    ),
    answer="The {algorithm} checksum of {path} is {result}.",
)
def checksum(
    path: FilePath,
    algorithm: Literal["md5", "sha1", "sha256", "sha512"],
    digits: Annotated[int, Pick(8, 10, 12, 16, 20)] | None = None,
) -> str:
    """Compute the checksum of a file as hexadecimal digits.

    Args:
        path: Absolute path of the file.
        algorithm: Hash function to use.
        digits: Number of leading digits to return; all if left out.
    """
    data = f"{path}:{_entry(path)}".encode()
    return hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()[:digits]


@tool(
    asks=(
        "(Convert|Express) {value} {from_unit}[ in {to_unit}].",
        "How many {to_unit} are {value} {from_unit}[ with {step} as the factor]?",
        "{value} {from_unit} in {to_unit}",
        "The label says {value} {from_unit}. What would that be[ in {to_unit}][, with {step} as the factor "
        "between units]?",
        "I need the file size {value} {from_unit} written as {to_unit}[, rounded to {decimals} decimals].",
    ),
    answer="{value} {from_unit} are {result} {to_unit}.",
)
def convert_file_size(
    value: Annotated[float, Between(1.5, 900)],
    from_unit: Unit,
    to_unit: Unit,
    step: Literal[1000, 1024] = 1000,
    decimals: Annotated[int, Between(2, 6)] = 3,
) -> float:
    """Convert an amount of data from one unit to another.

    Args:
        value: Amount of data in `from_unit`.
        from_unit: Unit to convert from.
        to_unit: Unit to convert to.
        step: Factor between two neighbouring units.
        decimals: Number of decimals of the result.
    """
    if value < 0:
        raise ValueError("value must not be negative")
    return round(value * float(step) ** (_UNITS.index(from_unit) - _UNITS.index(to_unit)), decimals)


@tool(
    asks=(
        "How much usable space do disks of {disks_tb} TB give me as {level}?",
        "Disks: {disks_tb} TB. (What's the net capacity|How much can I store)[ in {level}]?",
        "{level} with {disks_tb} TB[, {hot_spare:one of them as a hot spare|all of them in use}], capacity?",
        "I have drives of {disks_tb} TB lying around and think of {level}. What capacity would that yield[ "
        "with {hot_spare:one left as a spare|none left as a spare}]?",
        "Please calculate the net capacity of an array of {disks_tb} TB drives[, organised as {level}].",
    ),
    answer="The array offers {result} TB.",
)
def raid_capacity(
    disks_tb: Annotated[list[Annotated[float, Pick(1, 2, 3, 4, 6, 8, 12, 16)]], Size(4, 6)],
    level: Literal["RAID 0", "RAID 1", "RAID 5", "RAID 6"],
    hot_spare: bool = False,
) -> float:
    """Calculate the usable capacity of a disk array.

    Args:
        disks_tb: Sizes of the disks in terabytes.
        level: How the disks are organised.
        hot_spare: Whether one disk is kept empty as a replacement.
    """
    active = len(disks_tb) - hot_spare
    data_disks = {"RAID 0": active, "RAID 1": 1, "RAID 5": active - 1, "RAID 6": active - 2}[level]
    if data_disks < 1:
        raise ValueError(f"too few disks for {level}")
    return round(min(disks_tb) * data_disks, 1)
