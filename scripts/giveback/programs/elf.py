"""What an executable or a library says of itself: the few fields of ELF that
decide whether a library can be put before it.

Of the format as elf(5) has it, both classes and both byte orders. Sections
are read, which every linker writes and strip(1) leaves for what is dynamic.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"\x7fELF"
PT_INTERP, SHT_DYNAMIC, SHT_DYNSYM = 3, 6, 11
DT_NEEDED, SHN_UNDEF = 1, 0
# Beyond this a file is no program that anybody links.
MOST_BYTES = 2**31


@dataclass(frozen=True, slots=True)
class Elf:
    """`kind` is alike where one can be loaded into the other: class, byte
    order and machine. `interpreter` None: statically linked, or a library.
    `defined`: the dynamic symbols that others may use."""

    kind: tuple[int, int, int]
    interpreter: str | None
    needed: tuple[str, ...]
    defined: frozenset[str]

    @property
    def bits(self) -> int:
        return 32 * self.kind[0]


class ElfError(ValueError):
    """The file is none, or is cut short."""


def read(path: Path) -> Elf:
    """Raises ElfError, and OSError where it cannot be read."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            raise ElfError("is no ELF file")
        file.seek(0)
        content = file.read(MOST_BYTES)
    try:
        return _Reader(content).elf()
    except (struct.error, IndexError, ValueError):
        raise ElfError("is no whole ELF file") from None


@dataclass(frozen=True, slots=True)
class _Section:
    kind: int
    offset: int
    size: int
    link: int
    entry_bytes: int


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._wide = content[4] == 2
        self._order = "<" if content[5] == 1 else ">"

    def elf(self) -> Elf:
        machine, = self._unpack("H", 18)
        sections = self._sections()
        return Elf((self._content[4], self._content[5], machine),
                   self._interpreter(), tuple(self._needed(sections)),
                   frozenset(self._defined(sections)))

    def _unpack(self, fields: str, offset: int) -> tuple[int, ...]:
        return struct.unpack_from(self._order + fields, self._content, offset)

    def _text(self, offset: int) -> str:
        end = self._content.index(b"\0", offset)
        return self._content[offset:end].decode("utf-8", "surrogateescape")

    def _interpreter(self) -> str | None:
        start, = self._unpack("Q" if self._wide else "I",
                              32 if self._wide else 28)
        size, count = self._unpack("HH", 54 if self._wide else 42)
        for index in range(count):
            place = start + index * size
            kind, = self._unpack("I", place)
            if kind == PT_INTERP:
                offset, = self._unpack("Q", place + 8) if self._wide \
                    else self._unpack("I", place + 4)
                return self._text(offset)
        return None

    def _sections(self) -> list[_Section]:
        start, = self._unpack("Q" if self._wide else "I",
                              40 if self._wide else 32)
        size, count = self._unpack("HH", 58 if self._wide else 46)
        found = []
        for index in range(count):
            # name, kind, flags, address, offset, size, link, info, align,
            # size of an entry
            row = self._unpack("IIQQQQIIQQ" if self._wide else "IIIIIIIIII",
                               start + index * size)
            found.append(_Section(row[1], row[4], row[5], row[6], row[9]))
        return found

    def _rows(self, sections: list[_Section],
              kind: int) -> Iterator[tuple[int, int]]:
        """(place of a row, place of its strings) of the sections of a
        kind."""
        for section in sections:
            if section.kind != kind or not section.entry_bytes:
                continue
            strings = sections[section.link].offset
            for place in range(section.offset, section.offset + section.size,
                               section.entry_bytes):
                yield place, strings

    def _needed(self, sections: list[_Section]) -> Iterator[str]:
        for place, strings in self._rows(sections, SHT_DYNAMIC):
            tag, value = self._unpack("QQ" if self._wide else "II", place)
            if tag == DT_NEEDED:
                yield self._text(strings + value)

    def _defined(self, sections: list[_Section]) -> Iterator[str]:
        for place, strings in self._rows(sections, SHT_DYNSYM):
            name, = self._unpack("I", place)
            index, = self._unpack("H", place + (6 if self._wide else 14))
            if name and index != SHN_UNDEF:
                yield self._text(strings + name)
