import { describe, expect, test } from 'vitest'
import { defaultMappingSet } from '../mapping-sets/mapping-set.ts'
import { attributePaths, maskedExample } from './attribute-paths.ts'
import { mappedPaths } from './mapped-paths.ts'

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

describe('the attributes of a user (4.5)', () => {
  test('are named as a mapping names them; what carries identity is not among them', () => {
    const seen = attributePaths({
      schemas: ['urn:x'],
      userName: 'nora@harbour.test',
      active: true,
      password: 'x',
      title: 'Engineer',
      nickName: '',
      name: { givenName: 'Nora' },
      emails: [
        { type: 'work', value: 'n@x.test', primary: true },
        { value: 'o@x.test', display: 'Other' },
      ],
      [enterprise]: { department: 'R&D', manager: { value: 'm1', $ref: '../Users/m1' } },
    })
    expect(seen.map(({ path }) => path)).toEqual([
      'title',
      'name.givenName',
      'emails[type eq "work"].value',
      'emails.value',
      'emails.display',
      `${enterprise}:department`,
      `${enterprise}:manager.value`,
    ])
  })

  test.each([
    ['title', 'Engineer', 'Exxxxxxx'],
    ['emails.value', 'nora.quist@harbour.test', 'nxxx.xxxxx@xxxxxxx.xxxx'],
    ['phoneNumbers.value', '+47 900 12 345', '+00 000 00 000'],
    ['name.givenName', 'Bo', 'xx'],
    ['costCenter', 4711, '4000'],
    ['urn:x:2.0:User:remote', true, 'true'],
    ['urn:x:2.0:User:socialSecurity', '010203-1234', null],
    ['urn:x:2.0:User:badgePin', '123456', null],
  ])('%s is shown without its value: %s as %s', (path, value, example) => {
    expect(maskedExample({ path, value })).toBe(example)
  })
})

test('a path is mapped by the row that names it, that takes all values, or whose expression names it', () => {
  const rowOf = mappedPaths([
    ...defaultMappingSet.rows,
    {
      id: 'e',
      source: { expression: 'user.nickName + enterprise.costCenter' },
      target: 'office',
      readOnly: false,
      onNativeEdit: 'idp-wins',
    },
  ])
  expect(rowOf('title')).toBe('job-title')
  expect(rowOf('emails[type eq "home"].value')).toBe('email')
  expect(rowOf('emails[type eq "home"].display')).toBeNull()
  expect(rowOf('nickName')).toBe('e')
  expect(rowOf(`${enterprise}:costCenter`)).toBe('e')
  expect(rowOf(`${enterprise}:department`)).toBeNull()
  expect(rowOf('phoneNumbers[type eq "fax"].value')).toBeNull()
})
