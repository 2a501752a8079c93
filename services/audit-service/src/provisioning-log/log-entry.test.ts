import { logEntry } from '@user-provisioning/contracts/admin/history'
import type { IdentityFact } from '@user-provisioning/contracts/identity-facts'
import type { RequestAnswered } from '@user-provisioning/contracts/ingress-facts'
import { describe, expect, test } from 'vitest'
import { entryOfFact, entryOfRequest, presentLogEntry } from './log-entry.ts'

const at = '2026-11-02T09:30:00.000Z'
const instanceId = '0199b0f2-7a3e-7c11-8f00-2d3c4b5a6978'

const request: RequestAnswered = {
  type: 'RequestAnswered',
  id: 'r1',
  at,
  instanceId,
  apiKeyId: 'k1',
  clientProfile: 'entra',
  method: 'POST',
  resource: 'Users',
  target: { id: 'U1', name: 'Nora@Harbour.test' },
  outcome: 'success',
  status: 201,
  scimType: null,
  code: null,
  detail: null,
  durationMs: 8.2,
  idpRequestId: null,
  droppedAttributes: ['shoeSize'],
  quirks: ['op-name-case'],
}

function fact(
  type: 'UserProvisioned' | 'UserPickedUp' | 'UserDeleted' | 'FieldsChanged',
  more: Partial<IdentityFact> = {},
) {
  return {
    type,
    id: 'r1/0',
    instanceId,
    entityId: 'U1',
    at,
    actor: { type: 'idp', id: 'k1', name: 'Entra' },
    cause: { type: 'request', id: 'r1' },
    correlationId: 'r1',
    changes: [],
    warnings: [],
    user: { id: 'U1', userName: 'Nora@Harbour.test' },
    ...more,
  } as unknown as IdentityFact
}

describe("the ingress' own entry", () => {
  test('is kept whole, under the id of its request, and found by the id and the name', () => {
    expect(entryOfRequest(request, instanceId)).toMatchObject({
      _id: 'r1',
      status: 201,
      durationMs: 8.2,
      droppedAttributes: ['shoeSize'],
      quirks: ['op-name-case'],
      fromFact: false,
      persons: ['u1', 'nora@harbour.test'],
    })
  })

  test('without a target is found by nobody', () => {
    expect(entryOfRequest({ ...request, target: { id: null, name: null } }, instanceId).persons).toEqual([])
  })

  test('is presented by the members that its route declares, and no other', () => {
    expect(logEntry.parse(presentLogEntry(entryOfRequest(request, instanceId)))).toMatchObject({
      id: 'r1',
      key: { id: 'k1' },
      correlationId: 'r1',
    })
    expect(presentLogEntry(entryOfRequest({ ...request, apiKeyId: null }, instanceId)).key).toBeNull()
  })
})

describe('the entry that stands in for a lost one', () => {
  test('says what the fact tells, and that the duration is unknown', () => {
    expect(entryOfFact(fact('UserProvisioned'))).toMatchObject({
      _id: 'r1',
      method: 'POST',
      resource: 'Users',
      status: 201,
      outcome: 'success',
      apiKeyId: 'k1',
      durationMs: null,
      fromFact: true,
      persons: ['u1', 'nora@harbour.test'],
    })
    expect(entryOfFact(fact('UserDeleted'))).toMatchObject({ method: 'DELETE', status: 204 })
  })

  test('is not made for a pick-up by lookup, which is no request of its own, but for a write that picks up', () => {
    expect(entryOfFact(fact('UserPickedUp'))).toBeUndefined()
    const changes = [{ kind: 'attribute' as const, path: 'title', old: null, new: 'Engineer' }]
    expect(entryOfFact(fact('UserPickedUp', { changes }))).toMatchObject({ method: 'PUT or PATCH', status: 200 })
  })

  test.each([
    ['a proposal', { cause: { type: 'proposal', id: 'r1/0/mapping' } as const }],
    ['an admin', { actor: { type: 'admin', id: 'a1', name: 'Ada' } as const }],
    ['a repetition', { repeated: true }],
    ['a request beside what it asked for', { id: 'r1/1' }],
  ])('is not made for what %s led to', (_, more) => {
    expect(entryOfFact(fact('FieldsChanged', more))).toBeUndefined()
  })
})
