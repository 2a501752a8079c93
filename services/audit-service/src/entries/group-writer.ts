/** Writes what is given to it in groups: one write at a time, each taking whatever queued up while the last one ran. */
export interface GroupWriter<Item> {
  /** Resolves once the items are written. @throws what writing them threw */
  write(items: readonly Item[]): Promise<void>
  /** Submissions that wait for a write to begin. */
  queued(): number
}

interface Submission<Item> {
  readonly items: readonly Item[]
  readonly resolve: () => void
  readonly reject: (err: unknown) => void
}

/**
 * No timer and no least size: a lone item is written at once, many at a time cost one round trip. A group that fails is
 * written submission by submission, so that one which cannot be written fails alone; so `writeAll` must bear repetition.
 * @param options.isTransient whether an error says nothing about the items, so that the whole group fails with it
 * @param options.maxItems where a group ends; a larger submission is a group of its own
 */
export function createGroupWriter<Item>(options: {
  writeAll: (items: readonly Item[]) => Promise<void>
  isTransient: (err: unknown) => boolean
  maxItems: number
}): GroupWriter<Item> {
  const { writeAll, isTransient, maxItems } = options
  let waiting: Submission<Item>[] = []
  let isRunning = false

  function nextGroup(): Submission<Item>[] {
    let size = 0
    let end = 0
    for (const { items } of waiting) {
      if (end > 0 && size + items.length > maxItems) break
      size += items.length
      end++
    }
    const group = waiting.slice(0, end)
    waiting = waiting.slice(end)
    return group
  }

  async function writeGroup(group: readonly Submission<Item>[]): Promise<void> {
    try {
      await writeAll(group.flatMap(({ items }) => items))
    } catch (err) {
      if (group.length === 1 || isTransient(err)) for (const { reject } of group) reject(err)
      else for (const submission of group) await writeGroup([submission])
      return
    }
    for (const { resolve } of group) resolve()
  }

  async function run(): Promise<void> {
    isRunning = true
    while (waiting.length > 0) await writeGroup(nextGroup())
    isRunning = false
  }

  return {
    write(items) {
      if (items.length === 0) return Promise.resolve()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      waiting.push({ items, resolve, reject })
      if (!isRunning) void run()
      return promise
    },
    queued: () => waiting.length,
  }
}
