import { describe, expect, test } from 'vitest'
import { defaultMappingSet } from './default-mapping-set.ts'
import { mapUser } from './map-user.ts'
import type { MappingSet } from './mapping-set.ts'

const nora = {
  userName: 'nora@harbour.test',
  active: true,
  displayName: 'Nora Quist',
  title: 'Engineer',
  name: { givenName: 'Nora', familyName: 'Quist' },
  emails: [
    { type: 'home', value: 'nora@home.test', primary: true },
    { type: 'work', value: 'nora@harbour.test' },
  ],
  phoneNumbers: [
    { type: 'mobile', value: '+47 900' },
    { type: 'work', value: '+47 22' },
  ],
  'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User': { department: 'R&D', manager: { value: 'm1' } },
}

const setOf = (path: string, ...otherwise: string[]): MappingSet => ({
  version: 2,
  rows: [{ id: 'r', source: { path, otherwise }, target: 'office', readOnly: false }],
})

describe('the default mapping set', () => {
  test('gives each predefined field its attribute and names the row behind it', () => {
    const { fields, rows, warnings } = mapUser(defaultMappingSet, nora)
    expect(fields).toEqual({
      displayName: 'Nora Quist',
      email: 'nora@harbour.test',
      firstName: 'Nora',
      lastName: 'Quist',
      officePhone: '+47 22',
      mobilePhone: '+47 900',
      scimSyncJobTitle: 'Engineer',
    })
    expect(rows).toMatchObject({ firstName: 'first-name', scimSyncJobTitle: 'job-title' })
    expect(warnings).toEqual([])
  })

  test('proposes nothing for the rows that carry identity', () => {
    const { fields } = mapUser(defaultMappingSet, nora)
    expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(['userName']))
    expect(fields).not.toHaveProperty('state')
    expect(fields).not.toHaveProperty('directManager')
  })

  test('takes the work address, else the primary one, else the first', () => {
    const email = (emails: { type?: string; value: string; primary?: boolean }[]) =>
      mapUser(defaultMappingSet, { emails }).fields.email
    const home = { type: 'home', value: 'h@x.test' }
    expect(email([home, { type: 'Work', value: 'w@x.test' }])).toBe('w@x.test')
    expect(email([home, { value: 'p@x.test', primary: true }])).toBe('p@x.test')
    expect(email([home, { value: 'other@x.test' }])).toBe('h@x.test')
    expect(email([])).toBeNull()
  })

  test('clears the field of an attribute that is absent, null or empty', () => {
    expect(mapUser(defaultMappingSet, {}).fields).toEqual({
      displayName: null,
      email: null,
      firstName: null,
      lastName: null,
      officePhone: null,
      mobilePhone: null,
      scimSyncJobTitle: null,
    })
    expect(mapUser(defaultMappingSet, { title: '', displayName: null }).fields).toMatchObject({
      scimSyncJobTitle: null,
      displayName: null,
    })
  })
})

describe('a row', () => {
  test('reads an attribute of an extension, known or not', () => {
    expect(
      mapUser(setOf('urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department'), nora).fields,
    ).toEqual({ office: 'R&D' })
    expect(
      mapUser(setOf('urn:ietf:params:scim:schemas:extension:Harbour:2.0:User:berth'), {
        'urn:ietf:params:scim:schemas:extension:Harbour:2.0:User': { berth: 'B7' },
      }).fields,
    ).toEqual({ office: 'B7' })
  })

  test.each([
    ['active', 'active is not a text but true or false'],
    ['name', 'name is not a text but an object'],
    ['emails', 'emails is not a text but an object'],
    ['shoeSize', 'a user has no attribute shoeSize'],
    ['emails[type eq', 'wrong at position'],
    ['urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', 'whole extension'],
  ])('that fails (%s) leaves its field out and says why', (path, why) => {
    const { fields, rows, warnings } = mapUser(setOf(path), nora)
    expect(fields).toEqual({})
    expect(rows).toEqual({})
    expect(warnings).toEqual([{ code: 'mapping-row-failed', path: 'office', detail: expect.stringContaining(why) }])
  })

  test('that fails does not stop the others', () => {
    const set: MappingSet = { version: 2, rows: [...setOf('active').rows, ...defaultMappingSet.rows] }
    const { fields, warnings } = mapUser(set, nora)
    expect(fields).toMatchObject({ firstName: 'Nora' })
    expect(warnings).toHaveLength(1)
  })

  test('gives a text exactly as it was sent', () => {
    expect(mapUser(setOf('title'), { title: '  Ingénieure\u0301 ' }).fields).toEqual({ office: '  Ingénieure\u0301 ' })
  })
})
