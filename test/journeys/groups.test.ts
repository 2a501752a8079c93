import { describe, expect, test } from 'vitest'
import { entraUser, patch, schemas } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

const entraGroup = 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'

describe('a group', () => {
  test("is created without members, gets and loses them in Entra's dialect, and leaves members out when asked", async () => {
    const instance = await platform.instance()
    const displayName = instance.unique('Team')
    const created = await instance.scim('POST', '/Groups', {
      schemas: [schemas.group, entraGroup],
      displayName,
      externalId: 'g-1',
    })
    expect(created.status).toBe(201)
    const path = `/Groups/${created.body.id}`
    const users = await Promise.all(
      ['a', 'b', 'c'].map((name) =>
        instance.scim('POST', '/Users', entraUser(instance.unique(`${name}@harbour.test`))),
      ),
    )
    const ids = users.map((user) => user.body.id as string)
    const value = ids.map((id) => ({ $ref: null, value: id }))
    expect((await instance.scim('PATCH', path, patch({ op: 'Add', path: 'members', value }))).status).toBe(204)
    expect((await instance.scim('PATCH', path, patch({ op: 'Add', path: 'members', value }))).status).toBe(204)
    expect(
      (await instance.scim('PATCH', path, patch({ op: 'Remove', path: 'members', value: [{ value: ids[0] }] }))).status,
    ).toBe(204)
    const read = (await instance.scim('GET', path)).body
    expect(read.members.map((member: { value: string }) => member.value).sort()).toEqual(ids.slice(1).sort())
    expect((await instance.scim('GET', `${path}?excludedAttributes=members`)).body).not.toHaveProperty('members')
    expect((await instance.scim('DELETE', `/Users/${ids[1]}`)).status).toBe(204)
    const after = (await instance.scim('GET', path)).body
    expect(after.members.map((member: { value: string }) => member.value)).toEqual([ids[2]])
    await platform.settled()
    const history = (await instance.admin('GET', `/change-history?person=${created.body.id}&limit=200`)).body.items
    expect(history.filter((entry: { kind: string }) => entry.kind === 'membership').length).toBeGreaterThanOrEqual(4)
  })

  test('of a native group by display name is picked up, a second of that name is 409', async () => {
    const instance = await platform.instance()
    const displayName = instance.unique('Finance')
    const native = (await instance.admin('POST', '/groups', { displayName })).body
    const created = await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName })
    expect(created.status).toBe(201)
    expect(created.body.id).toBe(native.id)
    const second = await instance.scim('POST', '/Groups', {
      schemas: [schemas.group],
      displayName: displayName.toUpperCase(),
    })
    expect(second.status).toBe(409)
    expect(second.body.scimType).toBe('uniqueness')
  })

  test('members added from many connections at once are all there', async () => {
    const instance = await platform.instance()
    const { body: group } = await instance.scim('POST', '/Groups', { displayName: instance.unique('Team') })
    const users = await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        instance.scim('POST', '/Users', entraUser(instance.unique(`m${n}@harbour.test`))),
      ),
    )
    const answers = await Promise.all(
      users.map((user) =>
        instance.scim(
          'PATCH',
          `/Groups/${group.id}`,
          patch({ op: 'Add', path: 'members', value: [{ value: user.body.id }] }),
        ),
      ),
    )
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([204]))
    expect((await instance.scim('GET', `/Groups/${group.id}`)).body.members).toHaveLength(20)
  })
})

describe('a manager', () => {
  test('that is provisioned is the Direct Manager; one that is unknown is accepted and kept as pending', async () => {
    const instance = await platform.instance()
    const { body: boss } = await instance.scim('POST', '/Users', entraUser(instance.unique('boss@harbour.test')))
    const { body: user } = await instance.scim('POST', '/Users', entraUser(instance.unique('nora@harbour.test')))
    const path = `${schemas.enterprise}:manager`
    const set = await instance.scim('PATCH', `/Users/${user.id}`, patch({ op: 'Add', path, value: boss.id }))
    expect(set.status).toBe(200)
    expect(set.body[schemas.enterprise].manager).toMatchObject({ value: boss.id })
    expect((await instance.admin('GET', `/users/${user.id}`)).body.directManager).toEqual({
      userId: boss.id,
      pending: null,
    })
    const unknown = await instance.scim(
      'PATCH',
      `/Users/${user.id}`,
      patch({ op: 'Replace', path, value: 'nobody-here' }),
    )
    expect(unknown.status).toBe(200)
    expect(unknown.body[schemas.enterprise].manager).toMatchObject({ value: 'nobody-here' })
    expect((await instance.admin('GET', `/users/${user.id}`)).body.directManager).toEqual({
      userId: null,
      pending: 'nobody-here',
    })
  })
})
