/**
 * Merges lists that are in the same order, holding one item of each. Where the reader stops early, the lists are closed.
 */
export async function* inOneOrder<Item>(
  lists: readonly AsyncIterable<Item>[],
  compare: (one: Item, other: Item) => number,
): AsyncGenerator<Item> {
  const iterators = lists.map((list) => list[Symbol.asyncIterator]())
  try {
    const pull = async (iterator: AsyncIterator<Item>) => ({ iterator, result: await iterator.next() })
    let heads = await Promise.all(iterators.map(pull))
    for (;;) {
      heads = heads.filter(({ result }) => !result.done)
      const [first, ...others] = heads
      if (first === undefined) return
      const least = others.reduce(
        (one, other) => (compare(other.result.value, one.result.value) < 0 ? other : one),
        first,
      )
      yield least.result.value
      least.result = await least.iterator.next()
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()))
  }
}
