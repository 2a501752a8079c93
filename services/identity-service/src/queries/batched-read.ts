interface Waiting<Key, Value> {
  readonly key: Key
  readonly answer: PromiseWithResolvers<Value>
}

const mostInBatch = 100

/**
 * Reads by key, many at once: what is asked for while a read is under way waits for the next, which reads all of it. So a
 * lone read waits for nothing, and under load a hundred cost one round trip. A key is read after it was asked for, never before.
 * @param readMany gives a function that tells each key's answer; it may throw for one key alone
 */
export function batchedRead<Key, Value>(
  readMany: (keys: readonly Key[]) => Promise<(key: Key) => Value>,
): (key: Key) => Promise<Value> {
  let waiting: Waiting<Key, Value>[] = []
  let isReading = false

  async function readWhileWaiting(): Promise<void> {
    isReading = true
    while (waiting.length > 0) {
      const batch = waiting.slice(0, mostInBatch)
      waiting = waiting.slice(mostInBatch)
      try {
        const answerTo = await readMany(batch.map(({ key }) => key))
        for (const { key, answer } of batch) settle(answer, () => answerTo(key))
      } catch (err) {
        for (const { answer } of batch) answer.reject(err)
      }
    }
    isReading = false
  }

  return (key) => {
    const answer = Promise.withResolvers<Value>()
    waiting.push({ key, answer })
    if (!isReading) void readWhileWaiting()
    return answer.promise
  }
}

function settle<Value>(answer: PromiseWithResolvers<Value>, answerTo: () => Value): void {
  try {
    answer.resolve(answerTo())
  } catch (err) {
    answer.reject(err)
  }
}
