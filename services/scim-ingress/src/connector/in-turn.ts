import { Fault } from '@user-provisioning/contracts/errors'
import { fairLanes, LaneFull } from '@user-provisioning/runtime/fair-lanes'
import type { ScimContext, ScimMiddleware } from './scim-state.ts'

/** Requests in work; lookups and changes apart, so that a flood of changes leaves room for those who look somebody up. */
const shares = { total: 512, perLane: 64, maxWaitMs: 5_000, maxWaiting: 1_000 } as const
/** What parsing and sending it takes holds up everybody, so few bodies of this size are in work at once. */
const largeBodyBytes = 1024 * 1024
const largeShares = { total: 8, perLane: 2, maxWaitMs: 10_000, maxWaiting: 100 } as const

/** Bodies in memory, of all requests and of one instance's. */
const bodyBytes = { total: 256 * 1024 * 1024, perInstance: 64 * 1024 * 1024 } as const

/**
 * Gives each instance its share of this replica: its requests wait for a turn once they are here whole, what waits too long is
 * refused, and no other instance's requests wait with them.
 */
export function inTurn(): ScimMiddleware {
  const lookups = fairLanes(shares)
  const changes = fairLanes(shares)
  const large = fairLanes(largeShares)
  const held = heldBytes()

  return async function inTurn(ctx, next) {
    const { instanceId } = ctx.state.call.caller
    const lanes = isLookup(ctx) ? lookups : changes
    const leaving = new Set<() => void>()
    let heldHere = 0
    const enter = async (into: ReturnType<typeof fairLanes>) => {
      const leave = await into.enter(instanceId).catch(refuse)
      leaving.add(leave)
      return leave
    }
    let leaveTurn: (() => void) | undefined
    const enterTurn = async () => {
      leaveTurn = await enter(lanes)
    }
    ctx.state.intake = {
      received(bytes) {
        held.take(instanceId, bytes)
        heldHere += bytes
      },
      async whole(bytes) {
        if (bytes > largeBodyBytes) await enter(large)
        await enterTurn()
      },
    }
    ctx.state.inParts = () => {
      if (leaveTurn !== undefined && leaving.delete(leaveTurn)) leaveTurn()
      return (work) => lanes.run(instanceId, work).catch(refuse)
    }
    try {
      if (!mayHaveBody(ctx)) await enterTurn()
      await next()
    } finally {
      for (const leave of leaving) leave()
      if (heldHere > 0) held.give(instanceId, heldHere)
    }
  }
}

function isLookup({ method, path }: ScimContext): boolean {
  return method === 'GET' || method === 'HEAD' || path.endsWith('/.search')
}

function mayHaveBody({ method }: ScimContext): boolean {
  return method === 'POST' || method === 'PUT' || method === 'PATCH'
}

function refuse(err: unknown): never {
  if (!(err instanceof LaneFull)) throw err
  throw tooMany('it waited too long for its turn, or too many wait already')
}

function tooMany(why: string): Fault {
  return new Fault('rate-limited', { whom: 'this instance', why })
}

/** Counts what is held for whom. */
function heldBytes() {
  const held = new Map<string, number>()
  let total = 0
  return {
    /** @throws Fault rate-limited */
    take(instanceId: string, bytes: number): void {
      const sum = (held.get(instanceId) ?? 0) + bytes
      if (sum > bodyBytes.perInstance || total + bytes > bodyBytes.total) {
        throw tooMany('the bodies that are still coming in are too large together')
      }
      held.set(instanceId, sum)
      total += bytes
    },
    give(instanceId: string, bytes: number): void {
      const left = (held.get(instanceId) ?? 0) - bytes
      total -= bytes
      if (left > 0) held.set(instanceId, left)
      else held.delete(instanceId)
    },
  }
}
