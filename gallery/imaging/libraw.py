"""The door to LibRaw, for raw files only: the C interface of the library that rawpy brings, called by ctypes.

rawpy's own module needs numpy, five times the size of all of LibRaw, of which nothing is used here.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from gallery.imaging import refusals

# enum LibRaw_image_formats (libraw/libraw_const.h): what a processed image or preview is made of.
_JPEG, _BITMAP = 1, 2
_UNKNOWN, _OUT_OF_MEMORY, _CUT_OFF = -2, -100007, -100009
# The plainest way to colours (params.user_qual): what is made of it is shrunk at once.
_LINEAR = 0


class _Processed(ctypes.Structure):
    """libraw_processed_image_t, up to its data (libraw/libraw_types.h)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("height", ctypes.c_ushort),
        ("width", ctypes.c_ushort),
        ("colors", ctypes.c_ushort),
        ("bits", ctypes.c_ushort),
        ("data_size", ctypes.c_uint),
    )


class Picture(NamedTuple):
    """A preview or a development: a JPEG, or where `width` is given rows of `bands` bytes a pixel."""

    data: bytes
    width: int = 0
    height: int = 0
    bands: int = 0


class Unreadable(Exception):
    """LibRaw has no such picture of the file."""


# void (*data_callback)(void *data, const char *file, const INT64 offset): called for each place that is damaged.
_OnDamage = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_longlong)


class File:
    """An open raw file. `width` and `height` are of the picture that a development gives, before it is turned."""

    def __init__(self, handle: ctypes.c_void_p) -> None:
        self._handle = handle
        self._damaged = False
        # Kept as long as the library may call it.
        self._on_damage = _OnDamage(self._note_damage)
        library().libraw_set_dataerror_handler(handle, self._on_damage, None)
        self.width = int(library().libraw_get_iwidth(handle))
        self.height = int(library().libraw_get_iheight(handle))

    def preview(self) -> Picture:
        """Give the largest picture that the camera has put in. Raises Unreadable."""
        _check(library().libraw_unpack_thumb(self._handle))
        return self._taken_out(library().libraw_dcraw_make_mem_thumb)

    def developed(self) -> Picture:
        """Make a picture, upright and in sRGB, of what the sensor saw. Raises Unreadable."""
        lib = library()
        lib.libraw_set_demosaic(self._handle, _LINEAR)
        _check(lib.libraw_unpack(self._handle))
        if self._damaged:
            # Without this, what is missing would be black.
            raise Unreadable("the sensor's data are damaged")
        _check(lib.libraw_dcraw_process(self._handle))
        return self._taken_out(lib.libraw_dcraw_make_mem_image)

    def _note_damage(self, *_place: object) -> None:
        self._damaged = True

    def _taken_out(self, function: "ctypes._NamedFuncPointer") -> Picture:
        code = ctypes.c_int(0)
        made = function(self._handle, ctypes.byref(code))
        if not made:
            raise Unreadable(_words(code.value))
        try:
            head = made.contents
            data = ctypes.string_at(ctypes.addressof(head) + ctypes.sizeof(_Processed), head.data_size)
            if head.type == _JPEG:
                return Picture(data)
            if (
                head.type == _BITMAP
                and head.bits == 8
                and len(data) >= head.width * head.height * head.colors
            ):
                return Picture(data, head.width, head.height, head.colors)
            raise Unreadable(f"a picture of type {head.type} and {head.bits} bits")
        finally:
            library().libraw_dcraw_clear_mem(made)


@contextmanager
def opened(data: bytes) -> Iterator[File]:
    """Open a raw file from its bytes. Raises Refused where LibRaw does not know it."""
    lib = library()
    handle = ctypes.c_void_p(lib.libraw_init(0))
    # The library reads from these bytes until it is closed.
    held = bytes(data)
    try:
        code = lib.libraw_open_buffer(handle, held, ctypes.c_size_t(len(held)))
        if code == _CUT_OFF:
            raise refusals.truncated(_words(code))
        if code == _UNKNOWN:
            raise refusals.no_preview(_words(code))
        if code:
            raise refusals.corrupt(_words(code))
        yield File(handle)
    finally:
        lib.libraw_close(handle)


@cache
def library() -> ctypes.CDLL:
    """Load LibRaw. Raises ImportError where it is not installed."""
    # One photograph, one core: its OpenMP would take all.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    spec = find_spec("rawpy")
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
    for place in places:
        for name in ("libraw_r.so", "libraw_r*.so*", ".dylibs/libraw_r*", "libraw_r*.dylib", "raw_r.dll"):
            for path in sorted(place.glob(name)):
                return _declared(ctypes.CDLL(str(path)))
    raise ImportError("LibRaw is not installed: pip install rawpy")


def _declared(lib: ctypes.CDLL) -> ctypes.CDLL:
    lib.libraw_init.restype = ctypes.c_void_p
    lib.libraw_init.argtypes = (ctypes.c_uint,)
    lib.libraw_strerror.restype = ctypes.c_char_p
    lib.libraw_open_buffer.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    for name in ("libraw_dcraw_make_mem_thumb", "libraw_dcraw_make_mem_image"):
        getattr(lib, name).restype = ctypes.POINTER(_Processed)
    return lib


def _check(code: int) -> None:
    if code == _OUT_OF_MEMORY:
        raise MemoryError(_words(code))
    if code:
        raise Unreadable(_words(code))


def _words(code: int) -> str:
    return str(library().libraw_strerror(code).decode(errors="replace"))
