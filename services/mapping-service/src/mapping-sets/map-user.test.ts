import { defaultMappingRows, type RowSource } from '@user-provisioning/contracts/mapping-set'
import type { JsonObject } from '@user-provisioning/scim/json'
import { describe, expect, test } from 'vitest'
import { mapUser as mapPrepared, prepareRows } from './map-user.ts'

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

const rowOf = (source: RowSource) =>
  ({ id: 'r', source, target: 'office', readOnly: false, onNativeEdit: 'idp-wins' }) as const
const setOf = (path: string, ...otherwise: string[]) => [rowOf({ path, otherwise })]
const expression = (text: string) => [rowOf({ expression: text })]
const mapUser = (rows: typeof defaultMappingRows, scim: JsonObject) => mapPrepared(prepareRows(rows), scim)

describe('the default mapping set', () => {
  test('gives each predefined field its attribute and names the row behind it', () => {
    const { fields, rows, warnings } = mapUser(defaultMappingRows, nora)
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
    const { fields } = mapUser(defaultMappingRows, nora)
    expect(Object.keys(fields)).not.toEqual(expect.arrayContaining(['userName']))
    expect(fields).not.toHaveProperty('state')
    expect(fields).not.toHaveProperty('directManager')
  })

  test('takes the work address, else the primary one, else the first', () => {
    const email = (emails: { type?: string; value: string; primary?: boolean }[]) =>
      mapUser(defaultMappingRows, { emails }).fields.email
    const home = { type: 'home', value: 'h@x.test' }
    expect(email([home, { type: 'Work', value: 'w@x.test' }])).toBe('w@x.test')
    expect(email([home, { value: 'p@x.test', primary: true }])).toBe('p@x.test')
    expect(email([home, { value: 'other@x.test' }])).toBe('h@x.test')
    expect(email([])).toBeNull()
  })

  test('clears the field of an attribute that is absent, null or empty', () => {
    expect(mapUser(defaultMappingRows, {}).fields).toEqual({
      displayName: null,
      email: null,
      firstName: null,
      lastName: null,
      officePhone: null,
      mobilePhone: null,
      scimSyncJobTitle: null,
    })
    expect(mapUser(defaultMappingRows, { title: '', displayName: null }).fields).toMatchObject({
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
    expect(rows).toEqual({ office: 'r' })
    expect(warnings).toEqual([
      { code: 'mapping-row-failed', path: 'office', rowId: 'r', detail: expect.stringContaining(why) },
    ])
  })

  test('that fails does not stop the others', () => {
    const { fields, warnings } = mapUser([...setOf('active'), ...defaultMappingRows], nora)
    expect(fields).toMatchObject({ firstName: 'Nora' })
    expect(warnings).toHaveLength(1)
  })

  test('gives a text exactly as it was sent', () => {
    expect(mapUser(setOf('title'), { title: '  Ingénieure\u0301 ' }).fields).toEqual({ office: '  Ingénieure\u0301 ' })
  })

  test('whose source has many values takes the primary, else the first, and says so (4.3)', () => {
    const taken = (emails: JsonObject[]) => mapUser(setOf('emails.value'), { emails })
    const [one, two] = [{ value: 'one@x.test' }, { value: 'two@x.test' }]
    const warnings = [expect.objectContaining({ code: 'source-many-values', path: 'office' })]
    expect(taken([one, { ...two, primary: true }])).toMatchObject({ fields: { office: 'two@x.test' }, warnings })
    expect(taken([one, two])).toMatchObject({ fields: { office: 'one@x.test' }, warnings })
    expect(taken([one])).toMatchObject({ fields: { office: 'one@x.test' }, warnings: [] })
    expect(mapUser(expression('user.emails.map(e, e.value)'), { emails: [one, two] })).toMatchObject({
      fields: { office: 'one@x.test' },
      warnings,
    })
  })

  test.each([
    ['user.title.upperAscii()', 'ENGINEER'],
    ['enterprise.department + " / " + user.title', 'R&D / Engineer'],
    ['user.nickName', null],
    ['user.nickName + "!"', null],
    ['""', null],
  ])('may be the expression %s', (text, value) => {
    expect(mapUser(expression(text), nora)).toMatchObject({ fields: { office: value }, warnings: [] })
  })

  test.each([
    ['user.active', 'the expression is not a text but true or false'],
    ['user.title.substring(90)', 'out of range, at position 1'],
    ['user.titel', 'user has no titel'],
    ['size(user.emails)', 'not a text but a number'],
  ])('whose expression %s gives no text fails alone', (text, why) => {
    const { fields, warnings } = mapUser([...expression(text), ...defaultMappingRows], nora)
    expect(fields).not.toHaveProperty('office')
    expect(fields).toMatchObject({ firstName: 'Nora' })
    expect(warnings).toEqual([expect.objectContaining({ path: 'office', detail: expect.stringContaining(why) })])
  })

  test('that gives more than a field takes fails', () => {
    expect(mapUser(setOf('title'), { title: 'x'.repeat(4_001) }).warnings).toHaveLength(1)
  })

  test('says by field what a native edit comes to, where that is not the default', () => {
    const rows = [{ ...rowOf({ path: 'title' }), onNativeEdit: 'until-next-change' as const }, ...defaultMappingRows]
    expect(mapUser(rows, nora).onNativeEdit).toEqual({ office: 'until-next-change' })
  })
})
