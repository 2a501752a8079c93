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
 *
 * Lanes take turns, submission by submission: 100 facts of 1,000 members each hold up nobody else for longer than two writes.
 * @param options.maxItems where a group ends; a larger submission is a group of its own
 * @param options.laneOf whose a submission is, by its first item; those of one lane are written in their order
 */
export function createGroupWriter<Item>(options: {
  writeAll: (items: readonly Item[]) => Promise<void>
  isTransient: (err: unknown) => boolean
  maxItems: number
  laneOf: (item: Item) => string
}): GroupWriter<Item> {
  const { writeAll, isTransient, maxItems, laneOf } = options
  /** In the order of their turns; none is empty. */
  const lanes = new Map<string, Submission<Item>[]>()
  let waiting = 0
  let isRunning = false

  function nextGroup(): Submission<Item>[] {
    const group: Submission<Item>[] = []
    let size = 0
    for (const [name, lane] of lanes) {
      const [next] = lane
      if (next === undefined || (group.length > 0 && size + next.items.length > maxItems)) break
      group.push(next)
      size += next.items.length
      lane.shift()
      // Served last, so at the end of the line; a Map's walk comes by there again.
      lanes.delete(name)
      if (lane.length > 0) lanes.set(name, lane)
    }
    waiting -= group.length
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
    while (lanes.size > 0) await writeGroup(nextGroup())
    isRunning = false
  }

  return {
    write(items) {
      const [first] = items
      if (first === undefined) return Promise.resolve()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const name = laneOf(first)
      const lane = lanes.get(name)
      if (lane) lane.push({ items, resolve, reject })
      else lanes.set(name, [{ items, resolve, reject }])
      waiting++
      if (!isRunning) void run()
      return promise
    },
    queued: () => waiting,
  }
}
