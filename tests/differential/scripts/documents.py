"""Makes, writes, reads and searches documents: json, re and dataclasses.

usage: documents.py [DOCUMENTS]. Some hundred documents are kept and replaced
at random, as a service does with what it caches.
"""

import json
import random
import re
import sys
from dataclasses import asdict, dataclass, field
from typing import Dict, List

KEPT = 400
WORDS = """arena block pool list tuple string table frame module class method
number cache queue socket buffer thread lock event timer""".split()
WORD = re.compile(r"\b([a-z]+)(\d*)\b")
PLACE = re.compile(r"(?P<word>[a-z]+)-(?P<number>[0-9]+)(?:/(?P<rest>.*))?")


@dataclass
class Item:
    name: str
    price: float
    tags: List[str] = field(default_factory=list)


@dataclass
class Document:
    number: int
    title: str
    items: List[Item]
    counts: Dict[str, int] = field(default_factory=dict)


def make_document(number: int, chance: random.Random) -> Document:
    items = [Item(f"{chance.choice(WORDS)}-{chance.randrange(10 ** 6)}",
                  chance.random() * 1000,
                  chance.sample(WORDS, chance.randrange(6)))
             for _ in range(chance.randrange(1, 40))]
    title = " ".join(f"{word}{chance.randrange(100)}"
                     for word in chance.choices(WORDS, k=8))
    return Document(number, title, items)


def count_words(document: Document) -> None:
    for word, digits in WORD.findall(document.title):
        document.counts[word] = document.counts.get(word, 0) + len(digits)
    for item in document.items:
        if found := PLACE.match(item.name):
            word = found["word"]
            document.counts[word] = document.counts.get(word, 0) + 1


def read_document(text: str) -> Document:
    fields = json.loads(text)
    items = [Item(**item) for item in fields.pop("items")]
    return Document(items=items, **fields)


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    chance = random.Random(1)
    kept: List[Document] = []
    written = 0
    for number in range(count):
        document = make_document(number, chance)
        count_words(document)
        text = json.dumps(asdict(document), indent=1)
        written += len(text)
        document = read_document(text)
        if len(kept) < KEPT:
            kept.append(document)
        else:
            kept[chance.randrange(KEPT)] = document
    words = sum(len(document.counts) for document in kept)
    print(f"{written} characters, {words} words in {len(kept)} documents")


if __name__ == "__main__":
    main()
