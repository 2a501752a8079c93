import { describe, expect, test } from 'vitest'
import { SentRecord } from './sent-record.ts'

const attributes = (record: SentRecord, read: Parameters<SentRecord['compare']>[1]) =>
  record.compare('1', read).map(({ attribute }) => attribute)

describe('the record of what was sent', () => {
  test('finds what is missing, changed and made up; not what is the server’s', () => {
    const record = new SentRecord()
    record.put('Groups', '1', { userName: 'Nora', title: 'Engineer', emails: [{ value: 'a' }, { value: 'b' }] })
    expect(
      attributes(record, { userName: 'Nora', title: 'Engineer', emails: [{ value: 'a' }, { value: 'b' }] }),
    ).toEqual([])
    const read = {
      id: '1',
      meta: {},
      schemas: [],
      groups: [],
      userName: 'nora',
      emails: [{ value: 'b' }, { value: 'a' }],
      x: 1,
    }
    expect(attributes(record, read).toSorted()).toEqual(['emails', 'title', 'userName', 'x'])
  })

  test('finds members that are missing, too many or doubled', () => {
    const record = new SentRecord()
    record.put('Groups', '1', {})
    record.members('1').add('a')
    const member = { value: 'a' }
    expect(attributes(record, { members: [member] })).toEqual([])
    expect(attributes(record, {})).toEqual(['members'])
    expect(attributes(record, { members: [member, { value: 'b' }] })).toEqual(['members'])
    expect(attributes(record, { members: [member, member] })).toEqual(['members'])
  })

  test('leaves to a resource that was there before what it had', () => {
    const record = new SentRecord()
    record.adopt('Groups', '1', { title: 'Engineer' })
    expect(attributes(record, { title: 'Engineer', nickName: 'N', members: [{ value: 'a' }] })).toEqual([])
    expect(attributes(record, { nickName: 'N' })).toEqual(['title'])
  })
})
