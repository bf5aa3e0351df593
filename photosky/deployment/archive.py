"""The zip that Lambda gets: what Zappa put together, without what never runs, with bytecode that is valid there."""

import compileall
import fnmatch
import os
import py_compile
import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from photosky.deployment.errors import PackageError

# Where Lambda unpacks the zip: tracebacks shall name files as they are there.
TASK_ROOT = "/var/task"
EPOCH = (1980, 1, 1, 0, 0, 0)
# What the program asks of AWS: S3 and the work queue (gallery.objectstore), Parameter Store (photosky.lambda_start); STS
# for roles.
AWS_SERVICES = frozenset({"s3", "sqs", "ssm", "sts"})
# Top-level entries: installers, Zappa's deploying half, the entry point of Zappa that runs any code it is sent, what
# identifies the computer that built it, and what is for the laptop.
UNWANTED = (
    "pip", "pip-*", "setuptools*", "_distutils_hack", "distutils-precedence.pth", "pkg_resources", "wheel", "wheel-*",
    "troposphere*", "cfn_*", "placebo*", "hjson*", "bin", "share", "include", "click*", "tqdm*", "argcomplete*", "toml*",
    "requests-*", "charset_normalizer-*", "certifi-*", "idna-*", "slugify*", "python_slugify*", "text_unidecode*",
    "handler.py", "django_zappa_app.py", "package_info.json", "zappa_settings.json", "_virtualenv.*", ".lock",
)  # fmt: skip
# What single sign-on alone needs. REST framework would import requests at every cold start only because it is there; so
# it lies in a folder of its own, which the settings add to Python's path where a provider is configured.
SET_APART = ("requests", "charset_normalizer", "certifi", "idna", "*__mypyc.*.so")
APART = "set_apart"
# Of the doors to other people's accounts that allauth brings, those that this gallery can open.
PROVIDERS = frozenset({"__init__.py", "base", "oauth", "oauth2", "openid_connect"})
# Of every package's translations, those that pages can be in; a test holds them to the settings.
LANGUAGES = frozenset({"en", "en-gb", "de"})
UNWANTED_ANYWHERE = ("tests", "__pycache__", "*.pyc", "*.pyo", "*.pyx", "*.c", "*.h", "*.po", "RECORD", ".*")


def finish(path: Path) -> None:
    """Rewrite a zip in place. The same input gives the same bytes: entries are sorted and carry no times."""
    with tempfile.TemporaryDirectory(prefix="photosky-package-") as folder:
        root = Path(folder)
        with zipfile.ZipFile(path) as archive:
            archive.extractall(root)
        prune(root)
        set_apart(root)
        _compile(root)
        fresh = path.with_suffix(".new")
        _write(root, fresh)
        fresh.replace(path)


# Paths of what packages bring and nothing here asks for: Pillow's letters, the C half of a parser that does without,
# two of three names of one library and the module over it (gallery/imaging/libraw.py needs the library alone), maps of
# scripts, flags, geography.
UNUSED = (
    "PIL/_imagingft*", "pillow.libs/libfreetype*", "pillow.libs/libharfbuzz*", "yaml/_yaml*", "rawpy/_rawpy*",
    "rawpy/libraw_r.so", "rawpy/libraw_r.so.*.*", "staticfiles/flags*", "staticfiles/*.map*", "django_countries/static*", "gallery/static/vendor*",
    "staticfiles/rest_framework/docs*", "django/contrib/gis*",
    "django/db/backends/oracle*", "django/db/backends/mysql*",
    # Of each font one format that every browser reads, of each script of the administration the short one.
    "staticfiles/rest_framework/fonts/*.svg*", "staticfiles/rest_framework/fonts/*.eot",
    "staticfiles/rest_framework/fonts/*.ttf*", "staticfiles/admin/js/vendor/jquery/jquery.????????????.js*",
    "staticfiles/admin/js/vendor/select2/select2.full.????????????.js*",
    "staticfiles/admin/js/vendor/xregexp/xregexp.????????????.js*",
    "photosky/deployment*",
    # Being somebody's identity provider, and making up libraries to measure with.
    "allauth/idp*", "gallery/seeding*", "gallery/management/commands/seed_library*",
)  # fmt: skip


def is_unwanted(name: PurePosixPath) -> bool:
    """Tell whether an entry has no use on Lambda."""
    parts = name.parts
    if _is_listed(name):
        return True
    if parts[:2] == ("ffmpeg", "install"):
        # What compilers need: headers, and the names without a version, which a wheel can only hold as text.
        return parts[2:3] == ("include",) or name.suffix == ".so"
    if parts[:2] == ("botocore", "data") and len(parts) > 3:
        return parts[2] not in AWS_SERVICES
    if parts[:3] == ("allauth", "socialaccount", "providers") and len(parts) > 3:
        return parts[3] not in PROVIDERS
    # Collected already, under staticfiles/; the gallery reads its icons where they lie.
    if "static" in parts[1:-1] and parts[0] not in {"staticfiles", "gallery"}:
        return True
    if "locale" in parts[:-2]:
        # The folders of Django's locales are like en_GB, the codes of settings like en-gb.
        return parts[parts.index("locale") + 1].lower().replace("_", "-") not in LANGUAGES
    return False


def _is_listed(name: PurePosixPath) -> bool:
    """Tell whether one of the lists above names the entry, or the folder that it lies in."""
    wanted = [
        (name.parts[0], UNWANTED),
        (str(name), UNUSED),
        *((part, UNWANTED_ANYWHERE) for part in name.parts),
    ]
    return any(fnmatch.fnmatchcase(text, pattern) for text, patterns in wanted for pattern in patterns)


def set_apart(root: Path) -> None:
    """Move what SET_APART names out of the way of those who would import it only because it is there."""
    apart = root / APART
    apart.mkdir(exist_ok=True)
    for entry in sorted(root.iterdir()):
        if any(fnmatch.fnmatchcase(entry.name, pattern) for pattern in SET_APART):
            entry.rename(apart / entry.name)


def prune(root: Path) -> None:
    """Delete from a folder that is laid out like the package, or only its dependencies, what is_unwanted names."""
    for folder, folders, files in os.walk(root):
        here = PurePosixPath(folder).relative_to(root)
        for name in [*folders]:
            # A folder of languages is looked into: is_unwanted knows its files, not the folder.
            if is_unwanted(here / name):
                shutil.rmtree(Path(folder, name))
                folders.remove(name)
        for name in files:
            if is_unwanted(here / name):
                Path(folder, name).unlink()


def _compile(root: Path) -> None:
    """Compile everything to bytecode that Python takes without looking at the source's time.

    Zappa dates every file 1980, so ordinary bytecode, which names its source's time, is stale to the last file; and
    /var/task cannot be written, so all of it would be compiled again at every cold start.
    """
    compiled = compileall.compile_dir(
        root,
        quiet=2,
        stripdir=str(root),
        prependdir=TASK_ROOT,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        maxlevels=30,
        workers=0,
    )
    if not compiled:
        _refuse_uncompiled(root)


def _refuse_uncompiled(root: Path) -> None:
    """Templates of code may not compile (Django's conf/); what the program is made of must."""
    for package in ("photosky", "gallery"):
        for source in (root / package).rglob("*.py"):
            if not list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")):
                raise PackageError(
                    f"{source.relative_to(root)} does not compile: see `python -m py_compile`."
                )


def _write(root: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(entry for entry in root.rglob("*") if entry.is_file()):
            info = zipfile.ZipInfo(file.relative_to(root).as_posix(), EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, file.read_bytes())
