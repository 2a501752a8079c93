import { setTimeout as delay } from 'node:timers/promises'
import { endedStates } from '@user-provisioning/contracts/admin/jobs'

type Item = Readonly<Record<string, unknown>>

const lookEveryMs = 1_000
const pingMs = 15_000
/** After so long a client comes back by itself, at whichever replica. */
const openMs = 15 * 60_000

/**
 * What becomes of a resource, or of the newest items of a list, as server-sent events: each item now, and again whenever it has
 * changed. Made of repeated reads: nothing is kept for a stream, so that any replica goes on with it.
 * @param read the answer of the route, now
 * @param ending aborted at a stop, and when the client has gone
 * @param lastEventId of the stream that is gone on with: the version of a single resource, the latest change of a list's items
 */
export async function* eventsOf(
  read: () => Promise<Item>,
  lastEventId: string,
  ending: AbortSignal,
): AsyncGenerator<string> {
  yield 'retry: 3000\n\n'
  const seen = new Map<unknown, string>()
  const closesAt = Date.now() + openMs
  let pingsAt = Date.now() + pingMs
  for (;;) {
    const answer = await read()
    const changed = itemsOf(answer).filter(
      ({ item, id }) => seen.get(item.id) !== id && (seen.size > 0 || isAfter(id, lastEventId)),
    )
    for (const { item, id } of itemsOf(answer)) seen.set(item.id, id)
    for (const { item, id } of changed) yield `id: ${id}\nevent: item\ndata: ${JSON.stringify(item)}\n\n`
    if (isOver(answer)) return yield 'event: end\ndata: {}\n\n'
    if (changed.length > 0) pingsAt = Date.now() + pingMs
    await delay(lookEveryMs, undefined, { signal: ending }).catch(() => undefined)
    if (ending.aborted || Date.now() >= closesAt) return
    if (Date.now() >= pingsAt) {
      yield ': ping\n\n'
      pingsAt = Date.now() + pingMs
    }
  }
}

/** The items of an answer with their event ids, the oldest change first, so that the last id covers all before it. */
function itemsOf(answer: Item): { item: Item; id: string }[] {
  if (!Array.isArray(answer.items)) return [{ item: answer, id: String(answer.version) }]
  return (answer.items as Item[])
    .map((item) => ({ item, id: String(item.changedAt) }))
    .toSorted((a, b) => a.id.localeCompare(b.id))
}

function isAfter(id: string, lastEventId: string): boolean {
  if (lastEventId === '') return true
  return /^\d+$/.test(id) ? Number(id) > Number(lastEventId) : id > lastEventId
}

/** Of a job that has ended there is nothing more to tell. */
function isOver({ state, wanted }: Item): boolean {
  return wanted !== undefined && (endedStates as readonly unknown[]).includes(state)
}
