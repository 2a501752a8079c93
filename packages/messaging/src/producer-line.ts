import kafkajs, { type Kafka, type Producer } from 'kafkajs'

/**
 * The process' producer, which can be replaced: kafkajs asks for the metadata of every topic that it ever sent to, and one that is
 * gone fails them all from then on.
 */
export interface ProducerLine extends AsyncDisposable {
  connect(): Promise<void>
  send(messages: Parameters<Producer['sendBatch']>[0]): Promise<void>
  /** Which producer sends now. */
  generation(): number
  /** A new producer in place of that one, which knows of no topic yet; the old one ends when what it sends has an answer. */
  renew(generation: number): void
}

export function producerLine(kafka: Kafka): ProducerLine {
  const ending = new Set<Promise<void>>()
  let current = open()
  let generation = 0

  function open() {
    const producer = kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      // What is repeated and for how long is the outbox' own matter.
      retry: { retries: 0, initialRetryTime: 50 },
    })
    return { producer, connected: undefined as Promise<void> | undefined, users: 0, isOver: false }
  }
  type Line = ReturnType<typeof open>

  async function connected(line: Line): Promise<void> {
    line.connected ??= line.producer.connect()
    try {
      await line.connected
    } catch (err) {
      line.connected = undefined
      throw err
    }
  }

  function endIfUnused(line: Line): void {
    if (!line.isOver || line.users > 0) return
    const end = line.producer
      .disconnect()
      .catch(() => {})
      .finally(() => ending.delete(end))
    ending.add(end)
  }

  return {
    connect: () => connected(current),
    async send(messages) {
      const line = current
      line.users++
      try {
        await connected(line)
        await line.producer.sendBatch(messages)
      } finally {
        line.users--
        endIfUnused(line)
      }
    },
    generation: () => generation,
    renew(failed) {
      if (failed !== generation) return
      generation++
      const old = current
      current = open()
      old.isOver = true
      endIfUnused(old)
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...ending, current.producer.disconnect().catch(() => {})])
    },
  }
}
