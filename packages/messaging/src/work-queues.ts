/** What may be in work at once of one subscription, and who waits for a place. */
export interface Lane<Task> {
  readonly limit: number
  running: number
  readonly waiting: WorkQueue<Task>[]
}

interface WorkQueue<Task> {
  readonly key: string | null
  readonly tasks: { readonly task: Task; readonly lane: Lane<Task> }[]
}

export interface WorkQueues<Task> {
  /** @param key tasks of one key run one after the other, over all lanes; null for no order */
  push(key: string | null, lane: Lane<Task>, task: Task): void
  /** Begins nothing any more. Resolves when what was begun is done. */
  stop(): Promise<void>
  /** Keys that have work, begun or not. */
  readonly size: number
}

export function newLane<Task>(limit: number): Lane<Task> {
  return { limit, running: 0, waiting: [] }
}

/**
 * Queues by key: a slow task holds its key, and at most one place in its lane.
 * @param isWanted asked when its turn has come; one that is not wanted is left out
 * @param run must not reject
 */
export function workQueues<Task>(
  isWanted: (task: Task) => boolean,
  run: (task: Task) => Promise<void>,
): WorkQueues<Task> {
  const byKey = new Map<string, WorkQueue<Task>>()
  const stopped = Promise.withResolvers<void>()
  let running = 0
  let isStopping = false

  /** Begins the queue's first task, or lines the queue up in that task's lane. */
  function advance(queue: WorkQueue<Task>): void {
    for (;;) {
      const first = queue.tasks[0]
      if (isStopping || first === undefined) {
        if (queue.key !== null) byKey.delete(queue.key)
        return
      }
      if (!isWanted(first.task)) {
        queue.tasks.shift()
        continue
      }
      if (first.lane.running >= first.lane.limit) {
        first.lane.waiting.push(queue)
        return
      }
      begin(queue, first.task, first.lane)
      return
    }
  }

  function begin(queue: WorkQueue<Task>, task: Task, lane: Lane<Task>): void {
    lane.running++
    running++
    void run(task).finally(() => {
      lane.running--
      running--
      queue.tasks.shift()
      // Who waited goes first, or one busy key would keep the place for ever.
      while (lane.running < lane.limit) {
        const next = lane.waiting.shift()
        if (!next) break
        advance(next)
      }
      advance(queue)
      if (isStopping && running === 0) stopped.resolve()
    })
  }

  return {
    push(key, lane, task) {
      const queue = key === null ? undefined : byKey.get(key)
      if (queue) {
        queue.tasks.push({ task, lane })
        return
      }
      const added = { key, tasks: [{ task, lane }] }
      if (key !== null) byKey.set(key, added)
      advance(added)
    },
    stop() {
      isStopping = true
      if (running === 0) stopped.resolve()
      return stopped.promise
    },
    get size() {
      return byKey.size
    },
  }
}
