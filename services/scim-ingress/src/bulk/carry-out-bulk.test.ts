import { setImmediate as turn } from 'node:timers/promises'
import { Fault, faultOf } from '@user-provisioning/contracts/errors'
import type { Snapshot } from '@user-provisioning/contracts/reply'
import { readBulkRequest } from '@user-provisioning/scim/bulk-request'
import { memberChanges } from '@user-provisioning/scim/member-changes'
import { applyPatch } from '@user-provisioning/scim/patch'
import fc from 'fast-check'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Call } from '../connector/identity.ts'
import type { Preconditions, ProvisionedType } from '../connector/provisioned-type.ts'
import type { ResourceOperations, ScimRequest } from '../connector/resource-operations.ts'
import { groups } from '../groups/groups.ts'
import { newLogNotes } from '../log/request-log.ts'
import { users } from '../users/users.ts'
import { type BulkOutcome, carryOutBulk } from './carry-out-bulk.ts'

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

/** Users and groups in memory, in the place of identity-service: names are unique, what is gone is not found. */
function world({ pause = async () => {} }: { pause?: () => Promise<void> } = {}) {
  const stored = new Map<string, Snapshot>()
  const log: string[] = []
  const asked: string[] = []
  let inWork = 0
  let mostInWork = 0
  let minted = 0

  function operationsOn({ type, matchingAttribute }: ProvisionedType): ResourceOperations {
    const kind = type.name === 'User' ? 'user' : 'group'
    async function work<Result>({ call }: ScimRequest, act: () => Result): Promise<Result> {
      asked.push(call.requestId)
      mostInWork = Math.max(mostInWork, ++inWork)
      await pause()
      inWork--
      return act()
    }
    function find(id: string, { ifMatch }: Preconditions = {}): Snapshot {
      const found = stored.get(id)
      if (found?.kind !== kind) throw new Fault('not-found', { type: type.name })
      if (ifMatch && !ifMatch.includes(`W/"${found.scimVersion}"`)) throw new Fault('precondition-failed', { at: '' })
      return found
    }
    function put(id: string, scim: Snapshot['scim'], scimVersion: number): Snapshot {
      for (const other of stored.values()) {
        const isTaken =
          other.kind === kind && other.id !== id && other.scim[matchingAttribute] === scim[matchingAttribute]
        if (isTaken) throw new Fault(kind === 'user' ? 'user-name-taken' : 'group-name-taken')
      }
      const made = { kind, id, scim, scimVersion } as Snapshot
      stored.set(id, made)
      return made
    }
    return {
      create: (request, { resource }) => work(request, () => put(idOf(++minted), resource, 1)),
      read: (request, id) => work(request, () => find(id)),
      replace: (request, id, { resource }, preconditions) =>
        work(request, () => put(id, resource, find(id, preconditions).scimVersion + 1)),
      patch: (request, id, { operations }, preconditions) =>
        work(request, () => {
          const { scim, scimVersion } = find(id, preconditions)
          const { rest, add, remove } = memberChanges(operations, type)
          const members = [scim.members ?? []]
            .flat()
            .filter((item) => !remove.includes((item as { value: string }).value))
          const { resource } = applyPatch(scim, rest, type)
          return put(
            id,
            add.length > 0 ? { ...resource, members: [...members, ...add] as never } : resource,
            scimVersion + 1,
          )
        }),
      remove: (request, id, preconditions) =>
        work(request, () => {
          find(id, preconditions)
          stored.delete(id)
        }),
    }
  }
  const served = [users, groups].map((provisioned) => ({ provisioned, operations: operationsOn(provisioned) }))
  const deadlineAt = Date.now() + 20_000
  return {
    stored,
    log,
    asked,
    mostInWork: () => mostInWork,
    carryOut: (operations: object[], failOnErrors = 0) =>
      carryOutBulk(readBulkRequest({ Operations: operations as never, failOnErrors }, 1_000), {
        served,
        open: (n) => ({ call: { requestId: `bulk/${n}`, deadlineAt } as Call, notes: newLogNotes() }),
        inTurn: (work) => work(),
        tell(err) {
          const fault = faultOf(err)
          if (fault === undefined) throw err
          return { fault, status: 400 }
        },
        onAnswered: ({ request, fault }, method) =>
          log.push(`${request.call.requestId} ${method} ${fault?.code ?? 'done'}`),
      }),
    /** Who is a member of the group, or the manager of the user, of that name; by name. */
    linksOf(name: string): string[] {
      const found = stored.values().find(({ scim }) => (scim.userName ?? scim.displayName) === name)
      const { members = [], [enterprise]: extension } = (found?.scim ?? {}) as {
        members?: { value: string }[]
        [enterprise]?: { manager?: { value: string } }
      }
      const ids = [...members, ...(extension?.manager ? [extension.manager] : [])].map(({ value }) => value)
      return ids.map((id) => String(stored.get(id)?.scim.userName ?? stored.get(id)?.scim.displayName ?? id))
    },
  }
}

const user = (bulkId: string, userName = bulkId, manager?: string) => ({
  method: 'POST',
  path: '/Users',
  bulkId,
  data: { userName, ...(manager && { [enterprise]: { manager } }) },
})
const group = (bulkId: string, ...members: string[]) => ({
  method: 'POST',
  path: '/Groups',
  bulkId,
  data: { displayName: bulkId, members: members.map((value) => ({ value })) },
})
const patch = (path: string, ...Operations: object[]) => ({ method: 'PATCH', path, data: { Operations } })
const remove = (path: string) => ({ method: 'DELETE', path })
const put = (path: string, userName: string) => ({ method: 'PUT', path, data: { userName } })

const codes = (outcomes: readonly BulkOutcome[]) => outcomes.map(({ fault, status }) => fault?.code ?? status)

describe('references', () => {
  it('are resolved whatever the order, and the results are in the order of the operations', async () => {
    const { carryOut, linksOf } = world()
    const outcomes = await carryOut([
      group('crew', 'bulkId:deck', 'bulkId:ann'),
      patch('/Users/bulkId:ann', { op: 'add', path: 'title', value: 'Mate' }),
      group('deck', 'bulkId:ben'),
      user('ben', 'ben', 'bulkId:ann'),
      user('ann'),
    ])
    expect(codes(outcomes)).toEqual([201, 200, 201, 201, 201])
    expect(linksOf('crew')).toEqual(['deck', 'ann'])
    expect(linksOf('deck')).toEqual(['ben'])
    expect(linksOf('ben')).toEqual(['ann'])
  })

  it('that go round in a circle are resolved: what closes it is created first and linked afterwards', async () => {
    const { carryOut, linksOf, log } = world()
    const outcomes = await carryOut([
      group('a', 'bulkId:b'),
      group('b', 'bulkId:c', 'bulkId:ann'),
      group('c', 'bulkId:a', 'bulkId:b', 'bulkId:ann'),
      user('ann', 'ann', 'bulkId:ben'),
      user('ben', 'ben', 'bulkId:ann'),
      user('self', 'self', 'bulkId:self'),
    ])
    expect(codes(outcomes)).toEqual([201, 201, 201, 201, 201, 201])
    expect(['a', 'b', 'c', 'ann', 'ben', 'self'].map(linksOf)).toEqual([
      ['b'],
      ['c', 'ann'],
      ['ann', 'a', 'b'],
      ['ben'],
      ['ann'],
      ['self'],
    ])
    expect(outcomes[2]?.resource?.scimVersion).toBe(2)
    expect(log.filter((line) => line.includes('PATCH')).sort()).toEqual([
      'bulk/6 PATCH done',
      'bulk/7 PATCH done',
      'bulk/8 PATCH done',
    ])
  })

  it('to what failed fail with it, and so on; to nobody, they are refused', async () => {
    const { carryOut, stored } = world()
    const outcomes = await carryOut([
      group('crew', 'bulkId:deck'),
      group('deck', 'bulkId:bad'),
      { ...user('bad'), data: {} },
      patch('/Users/bulkId:bad', { op: 'add', path: 'title', value: 'Mate' }),
      group('ghosts', 'bulkId:ghost'),
      remove('/Users/bulkId:ghost'),
      user('ann'),
    ])
    expect(codes(outcomes)).toEqual([
      'bulk-reference-failed',
      'bulk-reference-failed',
      'attribute-required',
      'bulk-reference-failed',
      'bulk-reference-unknown',
      'bulk-reference-unknown',
      201,
    ])
    expect(stored.size).toBe(1)
  })

  it('to what came to nothing for now come to nothing for now, too', async () => {
    const { carryOut } = world({
      async pause() {
        throw new Fault('service-unavailable')
      },
    })
    expect(codes(await carryOut([group('crew', 'bulkId:ann'), user('ann')]))).toEqual([
      'service-unavailable',
      'service-unavailable',
    ])
  })

  it('of a circle that breaks: what is there already says where it is and that it is not whole', async () => {
    const { carryOut, linksOf } = world()
    const outcomes = await carryOut([user('taken'), group('a', 'bulkId:b'), { ...group('b', 'bulkId:a'), data: {} }])
    expect(codes(outcomes)).toEqual([201, 'bulk-reference-failed', 'attribute-required'])
    const broken = await carryOut([user('boss', 'taken', 'bulkId:report'), user('report', 'report', 'bulkId:boss')])
    expect(codes(broken)).toEqual(['user-name-taken', 'bulk-reference-failed'])
    expect(broken[1]?.resource?.id).toBeDefined()
    expect(linksOf('report')).toEqual([])
  })

  it.each(['__proto__', 'constructor', 'toString'])('may be to the bulkId %s', async (name) => {
    const { carryOut, linksOf } = world()
    expect(codes(await carryOut([group('crew', `bulkId:${name}`), user(name)]))).toEqual([201, 201])
    expect(linksOf('crew')).toEqual([name])
    expect(codes(await carryOut([group('other', `bulkId:${name}`)]))).toEqual(['bulk-reference-unknown'])
  })

  it('make a chain of 1,000', async () => {
    const { carryOut, linksOf } = world()
    const chain = Array.from({ length: 1_000 }, (_, n) =>
      user(`u${n}`, `u${n}`, n === 999 ? undefined : `bulkId:u${n + 1}`),
    )
    expect(new Set(codes(await carryOut(chain)))).toEqual(new Set([201]))
    expect(linksOf('u0')).toEqual(['u1'])
  })
})

describe('failOnErrors', () => {
  const operations = [user('a'), user('a2', 'a'), user('b'), remove(`/Users/${idOf(99)}`), user('c')]

  it.each([
    [0, 5],
    [1, 2],
    [2, 4],
    [3, 5],
  ])('%i ends the bulk with result %i', async (failOnErrors, results) => {
    const { carryOut, log } = world()
    expect(await carryOut(operations, failOnErrors)).toHaveLength(results)
    expect(log).toHaveLength(results)
  })

  it("has one operation at a time, in the client's order", async () => {
    const { carryOut, asked, mostInWork } = world({ pause: () => turn() })
    await carryOut(
      [...Array(50).keys()].map((n) => user(`u${n}`)),
      1,
    )
    expect(mostInWork()).toBe(1)
    expect(asked).toEqual([...Array(50).keys()].map((n) => `bulk/${n}`))
  })

  it('leaves no circle half open unsaid', async () => {
    const { carryOut } = world()
    const circle = [user('a'), group('x', 'bulkId:y'), group('y', 'bulkId:x')]
    expect(codes(await carryOut([remove(`/Users/${idOf(9)}`), ...circle], 1))).toEqual(['not-found'])
    // y is created first, then x fails, for which the circle is left.
    const outcomes = await carryOut(
      [{ ...user('x2', 'x2'), path: '/Groups', data: { displayName: 'x' } }, ...circle],
      1,
    )
    expect(codes(outcomes)).toEqual([201, 201, 'group-name-taken', 'bulk-reference-failed'])
  })
})

describe('side by side', () => {
  const ann = idOf(1)

  it('are at most 32 operations, when nothing is shared', async () => {
    const { carryOut, mostInWork } = world({ pause: () => turn() })
    await carryOut([...Array(100).keys()].map((n) => user(`u${n}`)))
    expect(mostInWork()).toBe(32)
  })

  it.each([
    [
      'a resource',
      [user('a'), patch('/Users/bulkId:a', { op: 'add', path: 'title', value: 'x' }), remove('/Users/bulkId:a')],
    ],
    ['a name', [user('a', 'Ann'), user('b', 'ANN'), { ...user('c'), data: { username: 'ann' } }]],
    ['a name that is given away', [user('a', 'Ann'), remove(`/Users/${ann}`), user('b', 'Ann')]],
    ['a member', [group('g', ann), remove(`/Users/${ann}`), group('h', ann)]],
  ])('are none that share %s', async (_, operations) => {
    const { carryOut, mostInWork, asked } = world({ pause: () => turn() })
    await carryOut([user('ann', 'Ann')])
    await carryOut(operations)
    expect(mostInWork()).toBe(1)
    expect(asked.slice(1)).toEqual(['bulk/0', 'bulk/1', 'bulk/2'])
  })

  it('a name may change hands by PUTs and PATCHes, in their order', async () => {
    const slower = [0, 0, 0, 9, 3, 1][Symbol.iterator]()
    const { carryOut } = world({
      async pause() {
        for (let left = slower.next().value ?? 0; left > 0; left--) await turn()
      },
    })
    await carryOut([user('a'), user('b'), user('c')])
    const [a, b, c] = [1, 2, 3].map((n) => `/Users/${idOf(n)}`) as [string, string, string]
    const renamed = await carryOut([
      put(a, 'free'),
      put(b, 'a'),
      patch(c, { op: 'replace', path: 'userName', value: 'b' }),
      put(a, 'c'),
    ])
    expect(codes(renamed)).toEqual([200, 200, 200, 200])
    expect(codes(await carryOut([put(a, 'a')]))).toEqual(['user-name-taken'])
  })

  it('end as they would one by one, whatever takes how long', async () => {
    const name = fc.constantFrom('a', 'b', 'c')
    const known = fc.constantFrom(1, 2, 3, 4).map(idOf)
    const target = fc.oneof(known, fc.constantFrom('bulkId:0', 'bulkId:2', 'bulkId:4', 'bulkId:ghost'))
    const operation = fc.oneof(
      fc.record({ method: fc.constant('POST'), path: fc.constant('/Users'), data: fc.record({ userName: name }) }),
      fc.record({
        method: fc.constant('POST'),
        path: fc.constant('/Groups'),
        data: fc.record({ displayName: name, members: fc.array(target, { maxLength: 2 }) }),
      }),
      target.map((id) => patch(`/Users/${id}`, { op: 'add', path: 'title', value: 'x' })),
      fc
        .tuple(target, target)
        .map(([id, value]) => patch(`/Groups/${id}`, { op: 'add', path: 'members', value: [{ value }] })),
      fc.tuple(fc.constantFrom('Users', 'Groups'), target).map(([type, id]) => remove(`/${type}/${id}`)),
    )
    const run = async (operations: object[], failOnErrors: number, pauses: Iterator<number>) => {
      const { carryOut, stored } = world({
        async pause() {
          for (let left = pauses.next().value ?? 0; left > 0; left--) await turn()
        },
      })
      await carryOut([user('1', 'a'), user('2', 'x'), group('x'), group('a')], 1)
      const outcomes = await carryOut(
        operations.map((sent, n) => ({ ...sent, bulkId: String(n) })),
        failOnErrors,
      )
      // Ids are minted in the order of asking, which may differ.
      return {
        codes: codes(outcomes),
        names: [...stored.values()].map(({ scim }) => scim.userName ?? scim.displayName).sort(),
      }
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(operation, { maxLength: 8 }),
        fc.infiniteStream(fc.nat({ max: 5 })),
        async (operations, pauses) => {
          const oneByOne = await run(operations, 1_000, [].values())
          expect(await run(operations, 0, pauses)).toEqual(oneByOne)
        },
      ),
    )
  })
})

describe('the deadline', () => {
  it('lets nothing begin that comes after it, and says so in its result', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    onTestFinished(() => void vi.useRealTimers())
    const { carryOut, asked } = world({
      async pause() {
        vi.advanceTimersByTime(20_000)
      },
    })
    const outcomes = await carryOut([user('a'), patch('/Users/bulkId:a', { op: 'add', path: 'title', value: 'x' })])
    expect(codes(outcomes)).toEqual([201, 'deadline-exceeded'])
    expect(asked).toEqual(['bulk/0'])
  })
})

describe('the provisioning log', () => {
  it('has an entry of each operation, of what is refused before anybody is asked too', async () => {
    const { carryOut, log } = world()
    await carryOut([user('a'), { method: 'FETCH', path: '/Users/1' }, remove('/Widgets/1'), remove('/Users/no-id')])
    expect(log.sort()).toEqual([
      'bulk/0 POST done',
      'bulk/1 unknown bulk-invalid',
      'bulk/2 DELETE path-invalid',
      'bulk/3 DELETE not-found',
    ])
  })
})
