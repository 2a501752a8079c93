import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { describe, expect, test } from 'vitest'
import { defaultMappingSet } from '../mapping-sets/mapping-set.ts'
import { carriesScimState, decideOnUserFact, type UserCopy } from './user-copy.ts'

const at = '2026-11-02T09:30:00.000Z'

function fact(type: UserFact['type'], user: Partial<UserFact['user']>, more: Partial<UserFact> = {}): UserFact {
  return {
    type,
    id: 'r1/0',
    instanceId: 'i1',
    entityId: 'u1',
    at,
    actor: { type: 'idp', id: 'k1', name: 'Entra' },
    cause: { type: 'request', id: 'r1' },
    correlationId: 'r1',
    changes: type === 'UserPickedUp' ? [] : [{ kind: 'attribute', path: 'title', old: null, new: 'Engineer' }],
    warnings: [],
    user: {
      id: 'u1',
      scimSyncId: 'u1',
      userName: 'nora@harbour.test',
      externalId: null,
      state: 'active',
      scim: { title: 'Engineer' },
      fields: {},
      directManager: null,
      pendingManager: null,
      links: [],
      version: 1,
      scimVersion: 1,
      fieldsVersion: 0,
      createdAt: at,
      changedAt: at,
      ...user,
    },
    ...more,
  }
}

/** The copy after each of the facts, in order, and what was proposed on the way. */
function after(...facts: UserFact[]) {
  let copy: UserCopy | undefined
  const proposals = []
  for (const each of facts) {
    const decision = decideOnUserFact(copy, each, defaultMappingSet)
    copy = decision.copy ?? copy
    if (decision.proposal) proposals.push(decision.proposal)
  }
  return { copy, proposals }
}

describe('a user fact', () => {
  test('is proposed for with the pair of versions it was made from', () => {
    const { copy, proposals } = after(fact('UserProvisioned', {}))
    expect(proposals).toEqual([
      expect.objectContaining({ scimVersion: 1, mappingSetVersion: 1, rows: expect.anything(), warnings: [] }),
    ])
    expect(proposals[0]?.fields).toMatchObject({ scimSyncJobTitle: 'Engineer', firstName: null })
    expect(copy).toMatchObject({ version: 1, scim: { title: 'Engineer' }, proposed: { scimVersion: 1 } })
  })

  test('that comes twice is proposed for once', () => {
    expect(after(fact('UserProvisioned', {}), fact('UserProvisioned', {})).proposals).toHaveLength(1)
  })

  test('of a new SCIM version is proposed for, of the same one not', () => {
    const { proposals } = after(
      fact('UserProvisioned', {}),
      fact('UserUpdated', { version: 2, scimVersion: 1 }),
      fact('UserUpdated', { version: 3, scimVersion: 2, scim: { title: 'Lead' } }),
    )
    expect(proposals.map(({ scimVersion }) => scimVersion)).toEqual([1, 2])
    expect(proposals[1]?.fields).toMatchObject({ scimSyncJobTitle: 'Lead' })
  })

  test('of a known SCIM version is not proposed for under a new set: what was edited in the product stays (4.2)', () => {
    const edited = fact(
      'FieldsChanged',
      { version: 2 },
      { changes: [{ kind: 'field', path: 'office', old: null, new: 'B7' }] },
    )
    const { copy } = after(fact('UserProvisioned', {}), fact('UserUpdated', { version: 2 }))
    const decision = decideOnUserFact(copy, edited, { ...defaultMappingSet, version: 2 })
    expect(decision).toEqual({ copy: { ...copy, version: 2, fields: { ...copy?.fields, office: 'B7' } } })
  })

  test('announced again is proposed for under a new set version, though its SCIM version is known', () => {
    const { copy } = after(fact('UserProvisioned', {}))
    const again = fact('UserUpdated', { version: 2 }, { repeated: true })
    expect(decideOnUserFact(copy, again, { ...defaultMappingSet, version: 2 }).proposal).toMatchObject({
      scimVersion: 1,
      mappingSetVersion: 2,
    })
  })

  test('that comes late, with an older version, is ignored', () => {
    const { copy, proposals } = after(
      fact('UserUpdated', { version: 5, scimVersion: 4 }),
      fact('UserUpdated', { version: 4, scimVersion: 3, scim: { title: 'Old' } }),
    )
    expect(proposals).toHaveLength(1)
    expect(copy?.scim).toEqual({ title: 'Engineer' })
  })

  test('of a native user is not mapped, nor kept', () => {
    expect(after(fact('UserCreated', { scimSyncId: null }))).toEqual({ copy: undefined, proposals: [] })
  })

  test('of a suspended user is mapped like any other', () => {
    expect(after(fact('UserSuspended', { state: 'suspended' })).proposals).toHaveLength(1)
  })
})

describe('a picked-up user', () => {
  const pickedUp = fact('UserPickedUp', { version: 2, scimVersion: 1, scim: { title: 'Native' } })

  test('is noted, but its native fields are left until the IdP writes', () => {
    const { copy, proposals } = after(pickedUp)
    expect(proposals).toEqual([])
    expect(copy).toMatchObject({ version: 2, pickedUp: true, proposed: null })
  })

  test("is mapped from the IdP's first write on", () => {
    const { copy, proposals } = after(pickedUp, fact('UserUpdated', { version: 3, scimVersion: 2 }))
    expect(proposals).toEqual([expect.objectContaining({ scimVersion: 2 })])
    expect(copy?.pickedUp).toBe(false)
  })

  test('is mapped when its first write is only seen in what is announced again', () => {
    const again = fact('UserPickedUp', { version: 4, scimVersion: 2 }, { repeated: true })
    expect(after(pickedUp, again).proposals).toHaveLength(1)
  })

  test('is mapped when one write picked it up and changed it, whatever versions its two facts carry', () => {
    const write = { version: 3, scimVersion: 2 }
    expect(after(fact('UserPickedUp', write), fact('UserUpdated', write)).proposals).toHaveLength(1)
    expect(
      after(fact('UserPickedUp', { version: 2, scimVersion: 2 }), fact('UserUpdated', write)).proposals,
    ).toHaveLength(1)
    const changes = [{ kind: 'attribute' as const, path: 'title', old: null, new: 'Lead' }]
    expect(after(fact('UserPickedUp', write, { changes })).proposals).toHaveLength(1)
  })

  test('keeps its native fields through an edit in the product and a repetition', () => {
    const edit = { cause: { type: 'request', id: 'r2' }, changes: [] } as const
    const { proposals } = after(
      pickedUp,
      fact('FieldsChanged', { version: 3, scimVersion: 1 }, { ...edit, changes: [] }),
      fact('UserPickedUp', { version: 3, scimVersion: 1 }, { repeated: true }),
      fact('UserUpdated', { version: 3, scimVersion: 1 }, { repeated: true, changes: [] }),
    )
    expect(proposals).toEqual([])
  })
})

describe('a deleted user', () => {
  test('is forgotten but for its version, so that a late fact does not bring it back', () => {
    const { copy, proposals } = after(
      fact('UserProvisioned', {}),
      fact('UserDeleted', { version: 3, scimVersion: 2, state: 'deleted' }),
      fact('UserUpdated', { version: 2, scimVersion: 2 }),
      fact('UserUpdated', { version: 3, scimVersion: 2 }),
    )
    expect(proposals).toHaveLength(1)
    expect(copy).toMatchObject({ deleted: true, scim: {}, version: 3 })
  })
})

describe('what the engines did in the background', () => {
  const proposal = { cause: { type: 'proposal', id: 'r1/0/mapping' } } as const
  test('is not looked at, unless it is announced again', () => {
    expect(carriesScimState(fact('UserUpdated', {}))).toBe(true)
    expect(carriesScimState(fact('FieldsChanged', {}, proposal))).toBe(false)
    expect(carriesScimState(fact('LinksChanged', {}, proposal))).toBe(false)
    expect(carriesScimState(fact('LinksChanged', {}, { ...proposal, repeated: true }))).toBe(true)
    expect(carriesScimState(fact('FieldsChanged', {}))).toBe(true)
  })
})
