"""Which block of the cache holds which tokens, so that prompts which begin alike share their beginning.

A block holds the keys and values of BLOCK tokens in a row. A full block is known by the block before it and its
own tokens (compared themselves, not a hash of them), and at the very beginning by what weights computed it. When
nobody uses a block it stays, still known, until its place is needed: the one unused longest goes first.
"""

import itertools
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

BLOCK = 32
"""Tokens in a block; the kernels are built for it."""
SCRATCH = 0
"""The block that padding is written to; never given out."""

Key = tuple[Hashable, tuple[int, ...]]
"""What comes before a block, and its tokens."""


@dataclass(eq=False)
class Block:
    """A place in the cache. `serial` is new whenever its content is: it stands for all tokens up to its end."""

    place: int
    serial: int = -1
    key: Key | None = None
    users: int = 0


@dataclass
class Chain:
    """The blocks of one row, in order, and how many of them are known to others."""

    root: Hashable
    """The weights that compute it: content, not name, or a reloaded adapter would find its predecessor's keys."""
    blocks: list[Block] = field(default_factory=list)
    known: int = 0

    @property
    def places(self) -> list[int]:
        return [block.place for block in self.blocks]

    @property
    def parent(self) -> Hashable:
        """What the first block that is not known yet comes after."""
        return self.blocks[self.known - 1].serial if self.known else self.root


class Blocks:
    """All blocks of one cache. Not thread-safe: the engine's thread alone uses it."""

    def __init__(self, count: int) -> None:
        self._free = [Block(place) for place in range(count - 1, SCRATCH, -1)]
        self._known: dict[Key, Block] = {}
        self._unused: OrderedDict[Key, Block] = OrderedDict()
        self._serials = itertools.count()
        self.size = len(self._free)

    @property
    def available(self) -> int:
        """How many blocks `take` can give."""
        return len(self._free) + len(self._unused)

    def find(self, root: Hashable, tokens: Sequence[int]) -> tuple[Chain, Key | None]:
        """The longest known beginning of `tokens`, now in use by one more; and the key of the block after it.

        The last token is never found: something must be computed to go on from. The key is None where no full
        block follows.
        """
        chain, key = Chain(root), None
        for start in range(0, len(tokens) - BLOCK, BLOCK):
            key = (chain.parent, tuple(tokens[start : start + BLOCK]))
            block = self._known.get(key)
            if block is None:
                break
            self._use(block)
            chain.blocks.append(block)
            chain.known, key = chain.known + 1, None
        return chain, key

    def take(self, chain: Chain, count: int) -> bool:
        """Add `count` new blocks to a chain; False (and nothing done) if there are not so many."""
        if count > self.available:
            return False
        for _ in range(count):
            if not self._free:
                key, block = self._unused.popitem(last=False)
                del self._known[key]
                self._free.append(block)
            block = self._free.pop()
            block.serial, block.key, block.users = next(self._serials), None, 1
            chain.blocks.append(block)
        return True

    def publish(self, chain: Chain, tokens: Sequence[int]) -> None:
        """`tokens`, which the chain's blocks begin with, have been computed: let others find the full blocks."""
        while (chain.known + 1) * BLOCK <= len(tokens):
            block = chain.blocks[chain.known]
            key = (chain.parent, tuple(tokens[chain.known * BLOCK : (chain.known + 1) * BLOCK]))
            other = self._known.setdefault(key, block)
            if other is block:
                block.key = key
            else:  # two rows computed the same: go on with the one that is known, so that what follows is found
                self._use(other)
                self._free_up(block)
                chain.blocks[chain.known] = other
            chain.known += 1

    def release(self, chain: Chain) -> None:
        """The chain is done with; its last blocks are forgotten before its first."""
        for block in reversed(chain.blocks):
            self._free_up(block)
        chain.blocks.clear()
        chain.known = 0

    def _use(self, block: Block) -> None:
        block.users += 1
        if block.key is not None:
            self._unused.pop(block.key, None)

    def _free_up(self, block: Block) -> None:
        block.users -= 1
        if block.users:
            return
        if block.key is None:
            self._free.append(block)
        else:
            self._unused[block.key] = block
