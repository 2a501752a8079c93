import type { UserFact } from '@user-provisioning/contracts/identity-facts'
import { describe, expect, test } from 'vitest'
import { runRules, type Surroundings } from '../rules/run-rules.ts'
import { defaultRuleSet } from '../rules/workflow-rule.ts'
import { decideOnUserFact, mayTriggerRules, type UserCopy, type UserDecision } from './user-copy.ts'

const at = '2026-11-02T09:30:00.000Z'

function fact(type: UserFact['type'], user: Partial<UserFact['user']>, more: Partial<UserFact> = {}): UserFact {
  return {
    type,
    id: 'r1/0',
    instanceId: 'i1',
    entityId: 'u1',
    at,
    actor: { type: 'system', id: 'mapping', name: 'Mapping' },
    cause: { type: 'proposal', id: 'r1/0/mapping' },
    correlationId: 'r1',
    changes: [],
    warnings: [],
    user: {
      id: 'u1',
      scimSyncId: 'u1',
      userName: 'nora@harbour.test',
      externalId: null,
      state: 'active',
      scim: {},
      fields: { scimSyncJobTitle: 'Engineer', firstName: 'Nora' },
      directManager: null,
      pendingManager: null,
      links: [],
      version: 2,
      scimVersion: 1,
      fieldsVersion: 1,
      createdAt: at,
      changedAt: at,
      ...user,
    },
    ...more,
  }
}

const engineer = { objectType: 'job-title', objectId: 'o1', objectName: 'Engineer', ruleId: 'job-title' }
const linked = [{ ...engineer, rulesVersion: 1 }]
const around: Surroundings = {
  find: (_, name) => (name === 'Engineer' ? { id: 'o1', name } : undefined),
  create: (_, name) => ({ id: 'new', name }),
  holds: () => true,
}

/** The decisions on each of the facts, in order, and the copy they leave. */
function after(...facts: UserFact[]) {
  let copy: UserCopy | undefined
  const decisions: UserDecision[] = []
  for (const each of facts) {
    const decision = decideOnUserFact(copy, each, (change) => runRules(defaultRuleSet.rules, change, around))
    copy = decision.copy ?? copy
    decisions.push(decision)
  }
  return { copy, decisions, runs: decisions.filter(({ run }) => run).length }
}

describe('a change of fields', () => {
  test('runs the rules once and proposes the links they hold', () => {
    const { copy, decisions } = after(fact('FieldsChanged', {}))
    expect(decisions[0]).toMatchObject({ run: { links: [engineer] }, links: [engineer] })
    expect(copy).toMatchObject({ fieldsVersion: 1, links: [engineer] })
  })

  test('that comes twice runs the rules once', () => {
    const { runs, decisions } = after(fact('FieldsChanged', {}), fact('FieldsChanged', {}))
    expect(runs).toBe(1)
    expect(decisions[1]).toEqual({})
  })

  test('is found by comparing with the fields last acted on, though the fact in between was missed', () => {
    const { runs } = after(
      fact('FieldsChanged', {}),
      fact('UserUpdated', { version: 9, fieldsVersion: 4, fields: { scimSyncJobTitle: 'Pilot' }, links: linked }),
    )
    expect(runs).toBe(2)
  })

  test('of another field runs no rule and proposes nothing when the image shows the links', () => {
    const { copy, decisions } = after(
      fact('FieldsChanged', {}),
      fact('FieldsChanged', {
        version: 4,
        fieldsVersion: 2,
        fields: { scimSyncJobTitle: 'Engineer', firstName: 'Eleanor' },
        links: linked,
      }),
    )
    expect(decisions[1]).toEqual({ copy: expect.anything() })
    expect(copy).toMatchObject({ fieldsVersion: 2, fields: { firstName: 'Eleanor' }, links: [engineer] })
  })

  test('of another field, overtaking a proposal that identity then drops, proposes the links again for it', () => {
    const { decisions } = after(
      fact('FieldsChanged', {}),
      fact('FieldsChanged', {
        version: 3,
        fieldsVersion: 2,
        fields: { scimSyncJobTitle: 'Engineer', firstName: 'Eleanor' },
        links: [],
      }),
    )
    expect(decisions[1]?.run).toBeUndefined()
    expect(decisions[1]?.links).toEqual([engineer])
  })

  test('that ends a link which identity may be about to make proposes that there is none', () => {
    const { decisions } = after(
      fact('FieldsChanged', {}),
      fact('FieldsChanged', { version: 3, fieldsVersion: 2, fields: { scimSyncJobTitle: 'Pilot' }, links: [] }),
    )
    expect(decisions[1]?.links).toEqual([])
  })

  test('without an object reports and proposes nothing where there was no link', () => {
    const { decisions } = after(fact('FieldsChanged', { fields: { scimSyncJobTitle: 'Pilot' } }))
    expect(decisions[0]?.run?.warnings).toHaveLength(1)
    expect(decisions[0]?.links).toBeUndefined()
  })

  test('that clears the field proposes that no rule holds a link', () => {
    const { decisions } = after(
      fact('FieldsChanged', {}),
      fact('FieldsChanged', { version: 4, fieldsVersion: 2, fields: { scimSyncJobTitle: null }, links: linked }),
    )
    expect(decisions[1]?.links).toEqual([])
  })

  test('of a native user runs the rules too', () => {
    expect(after(fact('UserCreated', { scimSyncId: null, fieldsVersion: 0, version: 1 })).runs).toBe(1)
  })

  test('that comes late, with an older version, is ignored', () => {
    const { decisions } = after(
      fact('FieldsChanged', { version: 7, fieldsVersion: 3 }),
      fact('FieldsChanged', { version: 5, fieldsVersion: 2, fields: { scimSyncJobTitle: 'Pilot' } }),
    )
    expect(decisions[1]).toEqual({})
  })
})

describe('a fact that changes no field', () => {
  test('runs and proposes nothing, whatever links it shows; a new state is noted for conditions', () => {
    const { decisions } = after(
      fact('FieldsChanged', {}),
      fact('UserUpdated', { version: 3 }),
      fact('UserSuspended', { version: 4, state: 'suspended' }),
    )
    expect(decisions.slice(1)).toEqual([
      {},
      { copy: expect.objectContaining({ state: 'suspended', links: [engineer] }) },
    ])
  })

  test('announced again, proposes the links that the image lacks, and runs nothing', () => {
    const { decisions } = after(fact('FieldsChanged', {}), fact('UserUpdated', { version: 3 }, { repeated: true }))
    expect(decisions[1]?.run).toBeUndefined()
    expect(decisions[1]?.links).toEqual([engineer])
    const shown = after(fact('FieldsChanged', {}), fact('UserUpdated', { links: linked }, { repeated: true }))
    expect(shown.decisions[1]).toEqual({})
  })

  test('is not even read when it is the own write of a rule, or of a user without fields', () => {
    expect(mayTriggerRules(fact('FieldsChanged', {}))).toBe(true)
    expect(mayTriggerRules(fact('LinksChanged', {}))).toBe(false)
    expect(mayTriggerRules(fact('UserProvisioned', { fieldsVersion: 0, fields: {} }))).toBe(false)
    expect(mayTriggerRules(fact('LinksChanged', {}, { repeated: true }))).toBe(true)
    expect(mayTriggerRules(fact('UserDeleted', { fieldsVersion: 0, fields: {}, state: 'deleted' }))).toBe(true)
  })
})

describe('of two proposals for one user', () => {
  test('the newer one is told by its revision, also where this service was restored from a backup', () => {
    const { copy } = after(
      fact('FieldsChanged', {}),
      fact('FieldsChanged', { version: 4, fieldsVersion: 2, fields: { scimSyncJobTitle: 'Pilot' }, linksRevision: 7 }),
    )
    expect(copy?.revision).toBe(8)
  })
})

describe('a deleted user', () => {
  test('is forgotten but for its version, so that a late fact does not bring it back', () => {
    const { copy, decisions } = after(
      fact('FieldsChanged', {}),
      fact('UserDeleted', { version: 5, state: 'deleted' }),
      fact('FieldsChanged', { version: 4, fieldsVersion: 2 }),
      fact('UserDeleted', { version: 5, state: 'deleted' }),
    )
    expect(copy).toMatchObject({ version: 5, fieldsVersion: 1, userName: '', fields: {}, links: [], deleted: true })
    expect(decisions.slice(2)).toEqual([{}, {}])
  })

  test('that comes back has the links that it left with, and rules run over it as over a new one', () => {
    const { copy, decisions } = after(
      fact('FieldsChanged', {}),
      fact('UserDeleted', { version: 5, state: 'deleted' }),
      fact('UserReactivated', { version: 6, fieldsVersion: 1, links: linked }),
    )
    expect(decisions[2]?.run?.links).toEqual([engineer])
    expect(decisions[2]?.links).toBeUndefined()
    expect(copy).toMatchObject({ version: 6, links: [engineer], deleted: false })
  })
})
