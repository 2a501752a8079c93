import type { ProposeFields, ProposeLinks } from '@user-provisioning/contracts/proposals'
import { describe, expect, test } from 'vitest'
import {
  acme,
  adminCommand,
  decided,
  deleted,
  group,
  managed,
  membership,
  native,
  now,
  seen,
} from '../commands/sample-instance.ts'

const proposal = {
  id: 'f/0/mapping',
  instanceId: acme,
  userId: 'nora',
  at: now.toISOString(),
  factId: 'f/0',
  correlationId: 'f',
  warnings: [],
}
const fields = (more: Partial<ProposeFields> = {}): ProposeFields => ({
  ...proposal,
  type: 'ProposeFields',
  scimVersion: 1,
  mappingSetVersion: 1,
  fields: { firstName: 'Nora', title: null },
  rows: { firstName: 'first-name', title: 'title' },
  ...more,
})
const engineer = { objectType: 'job-title', objectId: 'o1', objectName: 'Engineer', ruleId: 'job-title' }
const lead = { objectType: 'job-title', objectId: 'o2', objectName: 'Lead', ruleId: 'job-title' }
const links = (more: Partial<ProposeLinks> = {}): ProposeLinks => ({
  ...proposal,
  type: 'ProposeLinks',
  fieldsVersion: 1,
  rulesVersion: 1,
  links: [engineer],
  ...more,
})

describe('fields', () => {
  test('for the current version are applied with their rows; what stays null is no change', () => {
    const view = seen({ users: [managed('nora')] })
    const { types, facts } = decided(fields(), view)
    expect(types).toEqual(['FieldsChanged'])
    expect(facts[0]).toMatchObject({
      actor: { type: 'system', name: 'Mapping set 1' },
      cause: { type: 'proposal' },
      correlationId: 'f',
      changes: [{ kind: 'field', path: 'firstName', old: null, new: 'Nora' }],
      user: { version: 2, scimVersion: 1, fieldsVersion: 2 },
    })
    expect(view.user(acme, 'nora')?.fieldSources.firstName).toEqual({ rowId: 'first-name', setVersion: 1 })
  })

  test('twice are nothing the second time', () => {
    const view = seen({ users: [managed('nora')] })
    decided(fields(), view)
    expect(decided(fields({ id: 'again' }), view).isWritten).toBe(false)
  })

  test('say by field what a native edit comes to, where a row does not leave that to the default', () => {
    const view = seen({ users: [managed('nora')] })
    decided(fields({ onNativeEdit: { title: 'until-next-change' } }), view)
    expect(view.user(acme, 'nora')?.fieldSources).toMatchObject({
      firstName: { rowId: 'first-name', setVersion: 1 },
      title: { rowId: 'title', setVersion: 1, onNativeEdit: 'until-next-change' },
    })
  })

  test("of a row that failed are left and stay the IdP's; of a row that is gone they are the product's own", () => {
    const view = seen({ users: [managed('nora')] })
    decided(fields({ fields: { firstName: 'Nora', title: 'Lead' } }), view)
    decided(fields({ mappingSetVersion: 2, fields: {}, rows: { title: 'title' } }), view)
    expect(view.user(acme, 'nora')).toMatchObject({
      fields: { firstName: 'Nora', title: 'Lead' },
      fieldSources: { firstName: 'native', title: { rowId: 'title', setVersion: 2 } },
    })
  })

  test('of a newer set with the same values are remembered without a fact or a version', () => {
    const view = seen({ users: [managed('nora')] })
    decided(fields(), view)
    const { isWritten, types } = decided(fields({ mappingSetVersion: 2 }), view)
    expect([isWritten, types]).toEqual([true, []])
    expect(view.user(acme, 'nora')).toMatchObject({ mappingSetVersion: 2, version: 2, fieldsVersion: 2 })
    expect(decided(fields({ mappingSetVersion: 1, fields: { firstName: 'Old' } }), view).isWritten).toBe(false)
  })

  test('that are cleared become null and say what was there', () => {
    const view = seen({ users: [managed('nora')] })
    decided(fields(), view)
    const { facts } = decided(fields({ fields: { firstName: null } }), view)
    expect(facts[0].changes).toEqual([{ kind: 'field', path: 'firstName', old: 'Nora', new: null }])
  })

  test('never set the user name', () => {
    const view = seen({ users: [managed('nora')] })
    decided(fields({ fields: { userName: 'x', firstName: 'Nora' } }), view)
    expect(view.user(acme, 'nora')?.fields.userName).toBe('nora@acme.test')
  })

  test.each([
    ['made from an older SCIM version', managed('nora'), fields({ scimVersion: 0 })],
    ['made from a newer one', managed('nora'), fields({ scimVersion: 2 })],
    ['for a deleted user', deleted(managed('nora')), fields()],
    ['for a native', native('nora'), fields()],
    ["for another instance's user", managed('nora', {}, 'other'), fields()],
  ])('%s are dropped', (_, user, command) => {
    expect(decided(command, seen({ users: [user] })).isWritten).toBe(false)
  })
})

describe('links', () => {
  test('for the current fields are applied, and the others go', () => {
    const view = seen({ users: [managed('nora')] })
    const first = decided(links(), view)
    expect(first.types).toEqual(['LinksChanged'])
    expect(first.facts[0]).toMatchObject({
      actor: { type: 'rule' },
      user: { links: [{ ...engineer, rulesVersion: 1 }], version: 2, scimVersion: 1, fieldsVersion: 1 },
    })
    const second = decided(links({ links: [lead] }), view)
    expect(second.facts[0].changes).toEqual([
      {
        kind: 'link',
        path: 'job-title',
        old: { objectId: 'o1', objectName: 'Engineer', ruleId: 'job-title' },
        new: { objectId: 'o2', objectName: 'Lead', ruleId: 'job-title' },
      },
    ])
    const third = decided(links({ links: [] }), view)
    expect(third.facts[0]).toMatchObject({ changes: [{ new: null }], user: { links: [] } })
  })

  test('that are there already are nothing', () => {
    const view = seen({ users: [managed('nora')] })
    decided(links(), view)
    expect(decided(links(), view).isWritten).toBe(false)
  })

  test.each([
    ['older fields', links({ fieldsVersion: 0 })],
    ['newer fields', links({ fieldsVersion: 2 })],
  ])('made from %s are dropped', (_, command) => {
    expect(decided(command, seen({ users: [managed('nora')] })).isWritten).toBe(false)
  })

  test('of older rules than the last applied are dropped', () => {
    const view = seen({ users: [managed('nora')] })
    decided(links({ rulesVersion: 2 }), view)
    expect(decided(links({ rulesVersion: 1, links: [lead] }), view).isWritten).toBe(false)
  })

  test('of an older revision than the last applied are dropped, whichever replica they come from', () => {
    const view = seen({ users: [managed('nora')] })
    decided(links({ linksRevision: 3 }), view)
    expect(decided(links({ linksRevision: 2, links: [lead] }), view).isWritten).toBe(false)
    expect(decided(links({ linksRevision: 4, links: [lead] }), view).types).toEqual(['LinksChanged'])
  })
})

describe('links to groups', () => {
  const crew = { objectType: 'user-group', objectId: 'crew', objectName: 'Crew', ruleId: 'crew' }
  const office = { objectType: 'user-group', objectId: 'office', objectName: 'Office', ruleId: 'office' }
  const native = (id: string) => group(id, { scimSyncId: null })

  test('are memberships of native groups: the user joins, and leaves when the link goes', () => {
    const view = seen({ users: [managed('nora')], groups: [native('crew'), native('office')] })
    const first = decided(links({ links: [engineer, crew] }), view)
    expect(first.types).toEqual(['LinksChanged', 'MembersChanged'])
    expect(first.facts[1]).toMatchObject({
      actor: { type: 'rule' },
      cause: { type: 'proposal' },
      correlationId: 'f',
      added: [{ id: 'nora' }],
      group: { id: 'crew', version: 2, scimVersion: 2 },
    })
    expect(view.membership('crew', 'nora')).toMatchObject({ pending: false, byRules: true })
    const second = decided(links({ links: [engineer, office] }), view)
    expect(second.facts.slice(1)).toMatchObject([
      { added: [{ id: 'nora' }], group: { id: 'office' } },
      { removed: [{ id: 'nora' }], group: { id: 'crew' } },
    ])
    expect(view.membership('crew', 'nora')).toBeUndefined()
  })

  test("leave memberships alone that an admin made, and those of groups that have become the IdP's", () => {
    const users = [managed('nora')]
    const byAdmin = seen({ users, groups: [native('crew')], memberships: [membership('crew', 'nora')] })
    expect(decided(links({ links: [crew] }), byAdmin).types).toEqual(['LinksChanged'])
    decided(links({ links: [] }), byAdmin)
    expect(byAdmin.membership('crew', 'nora')).toBeDefined()

    const held = { ...managed('nora'), links: [{ ...crew, rulesVersion: 1 }] }
    const memberships = [membership('crew', 'nora', { byRules: true })]
    const pickedUp = seen({ users: [held], groups: [group('crew')], memberships })
    expect(decided(links({ links: [] }), pickedUp).types).toEqual(['LinksChanged'])
    expect(pickedUp.membership('crew', 'nora')).toBeDefined()
  })

  test('leave a membership to an admin who makes it again', () => {
    const view = seen({ users: [managed('nora')], groups: [native('crew')] })
    decided(links({ links: [crew] }), view)
    const parameters = { instanceId: acme, groupId: 'crew', userId: 'nora' }
    const added = decided(adminCommand('AddMember', { entityId: 'crew', parameters }), view)
    expect([added.reply.outcome, added.types]).toEqual(['admin', []])
    decided(links({ links: [] }), view)
    expect(view.membership('crew', 'nora')).toMatchObject({ byRules: false })
  })

  test("to an IdP's own group, or one that is gone, are not made; the others are", () => {
    const view = seen({ users: [managed('nora')], groups: [group('crew')] })
    const { types, facts } = decided(links({ links: [crew, office, engineer] }), view)
    expect(types).toEqual(['LinksChanged'])
    expect(facts[0]).toMatchObject({
      user: { links: [{ objectId: 'o1' }] },
      warnings: [{ code: 'managed-by-idp', detail: 'Team crew is managed; its membership comes from the IdP.' }],
    })
  })
})
