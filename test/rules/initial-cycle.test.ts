import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Body, entraUser, patch, schemas, type TestInstance } from '../harness/instance.ts'
import { platform } from '../harness/platform.ts'

/**
 * The initial synchronisation cycle, as the product's document tells it step by step, for a customer who had people and groups
 * in the product before: Nora and the group Crew are native, Ola, Kim and the group Deck come with the IdP.
 */
describe('the initial cycle', () => {
  let instance: TestInstance
  let nora: Body
  let crew: Body
  let ola: Body
  let deck: Body
  const name = (local: string) => instance.unique(`${local}@harbour.test`)
  const read = async (id: string): Promise<Body> => (await instance.admin('GET', `/users/${id}?include=groups`)).body
  const find = async (type: string, filter: string): Promise<Body[]> =>
    (await instance.scim('GET', `/${type}?filter=${encodeURIComponent(filter)}`)).body.Resources
  const setManager = (user: Body, manager: string) =>
    instance.scim(
      'PATCH',
      `/Users/${user.id}`,
      patch({ op: 'Add', path: `${schemas.enterprise}:manager`, value: manager }),
    )

  beforeAll(async () => {
    instance = await platform.instance()
    await instance.admin('POST', '/objects', { type: 'job-title', name: 'Engineer' })
    nora = (await instance.admin('POST', '/users', { userName: name('nora'), fields: { nickname: 'Nono' } })).body
    crew = (await instance.admin('POST', '/groups', { displayName: instance.unique('Crew') })).body
  })
  afterAll(() => platform.settled())

  test('step 1: each group is matched by its display name: found, it gets a Scim Sync ID; not found, it is created', async () => {
    const [found] = await find('Groups', `displayName eq "${crew.displayName}"`)
    expect(found.id).toBe(crew.id)
    expect((await instance.admin('GET', `/groups/${crew.id}`)).body.scimSyncId).toBe(crew.id)

    const displayName = instance.unique('Deck')
    expect(await find('Groups', `displayName eq "${displayName}"`)).toEqual([])
    const created = await instance.scim('POST', '/Groups', { schemas: [schemas.group], displayName })
    expect(created.status).toBe(201)
    deck = (await instance.admin('GET', `/groups/${created.body.id}`)).body
    expect(deck.scimSyncId).toBe(deck.id)
  })

  test('step 2: each user is matched by its user name: found, it is picked up; not found, it is created', async () => {
    const [found] = await find('Users', `userName eq "${nora.userName}"`)
    expect(found.id).toBe(nora.id)
    expect(await read(nora.id)).toMatchObject({ scimSyncId: nora.id, fields: { nickname: 'Nono' } })

    expect(await find('Users', `userName eq "${name('ola')}"`)).toEqual([])
    const created = await instance.scim('POST', '/Users', entraUser(name('ola')))
    expect(created.status).toBe(201)
    ola = created.body
    expect((await read(ola.id)).scimSyncId).toBe(ola.id)
  })

  test("step 3: each user's manager, provisioned in step 2, is assigned to the Direct Manager field", async () => {
    expect((await setManager(ola, nora.id)).status).toBe(200)
    expect((await read(ola.id)).directManager).toEqual({ userId: nora.id, pending: null })
  })

  test('step 4: all additional attributes that the mappings define are provisioned, and the job title is linked', async () => {
    const attributes = patch(
      { op: 'Add', path: 'displayName', value: 'Nora Quist' },
      { op: 'Add', path: 'title', value: 'Engineer' },
      { op: 'Add', path: 'emails[type eq "work"].value', value: name('nora') },
    )
    expect((await instance.scim('PATCH', `/Users/${nora.id}`, attributes)).status).toBe(200)
    const members = patch({ op: 'Add', path: 'members', value: [{ value: nora.id }, { value: ola.id }] })
    expect((await instance.scim('PATCH', `/Groups/${crew.id}`, members)).status).toBe(204)
    await platform.settled()
    const mapped = await read(nora.id)
    expect(mapped.fields).toMatchObject({
      displayName: 'Nora Quist',
      email: name('nora'),
      scimSyncJobTitle: 'Engineer',
    })
    expect(mapped.links).toEqual([expect.objectContaining({ objectType: 'job-title', objectName: 'Engineer' })])
    expect(mapped.groups).toEqual([{ id: crew.id, displayName: crew.displayName }])
  })

  test('afterwards nobody is doubled: a second cycle finds everybody', async () => {
    for (const filter of [nora.userName, name('ola')]) {
      expect(await find('Users', `userName eq "${filter}"`)).toHaveLength(1)
    }
    for (const { displayName } of [crew, deck]) {
      expect(await find('Groups', `displayName eq "${displayName}"`)).toHaveLength(1)
    }
    expect((await instance.admin('GET', '/pick-ups')).body.items).toHaveLength(2)
  })

  test('rule: a Direct Manager who is not included in the sync is not added, and is once he is', async () => {
    const outside = crypto.randomUUID()
    expect((await setManager(nora, outside)).status).toBe(200)
    expect((await read(nora.id)).directManager).toEqual({ userId: null, pending: outside })
    const native = (await instance.admin('POST', '/users', { userName: name('boss') })).body
    await setManager(nora, native.id)
    expect((await read(nora.id)).directManager).toEqual({ userId: null, pending: native.id })
    await find('Users', `userName eq "${native.userName}"`)
    await platform.settled()
    expect((await read(nora.id)).directManager).toEqual({ userId: native.id, pending: null })
  })

  test('rule: removed from the sync group, or disabled, is suspended; deleted is deleted', async () => {
    const disabled = patch({ op: 'Replace', path: 'active', value: 'False' })
    await instance.scim('PATCH', `/Users/${ola.id}`, disabled)
    expect((await read(ola.id)).state).toBe('suspended')
    await instance.scim('DELETE', `/Users/${ola.id}`)
    expect((await instance.admin('GET', `/users/${ola.id}`)).status).toBe(404)
  })

  test('best practice: the same user name format picks up, another one does not; a name elsewhere is a conflict', async () => {
    const other = await platform.instance()
    const clash = await other.scim('POST', '/Users', entraUser(nora.userName))
    expect(clash).toMatchObject({ status: 409, body: { scimType: 'uniqueness' } })
    const kim = (await instance.admin('POST', '/users', { userName: instance.unique('kim') })).body
    const { body: double } = await instance.scim('POST', '/Users', entraUser(name('kim')))
    expect(double.id).not.toBe(kim.id)
    expect((await read(kim.id)).managed).toBe(false)
  })
})
