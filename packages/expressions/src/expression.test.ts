import { Fault } from '@user-provisioning/contracts/errors'
import type { JsonObject } from '@user-provisioning/scim/json'
import { describe, expect, test } from 'vitest'
import { compile } from './expression.ts'
import { ExpressionFailed } from './expression-failed.ts'

const nora = {
  title: 'Engineer',
  active: true,
  level: 3,
  name: { givenName: 'Nora', familyName: 'Quist' },
  emails: [
    { value: 'n@home.test' },
    { type: 'work', value: 'nora@harbour.test', primary: true },
    { type: 'other', value: 'q@harbour.test' },
  ],
  'urn:example:2.0:User': { berth: 'B7' },
}
const enterprise = { department: 'R&D' }

const evaluate = (text: string, user: JsonObject = nora) =>
  compile(text, { user: null, enterprise: null }).evaluate({ user, enterprise })

describe('an expression', () => {
  test.each([
    ['user.title', 'Engineer'],
    ['user.title.upperAscii()', 'ENGINEER'],
    ['user.title.lowerAscii()', 'engineer'],
    ['"  a ".trim()', 'a'],
    ['user.name.givenName + " " + user.name.familyName', 'Nora Quist'],
    ['user.title.substring(0, 3)', 'Eng'],
    ['user.title.replace("e", "3")', 'Engin33r'],
    ['"a$&b".replace("$&", "$1")', 'a$1b'],
    ['user.title.split("n").join("-")', 'E-gi-eer'],
    ['user.title.indexOf("g")', 2],
    ['user.title.startsWith("Eng") ? "yes" : "no"', 'yes'],
    ['user["urn:example:2.0:User"].berth', 'B7'],
    ['user.emails.filter(e, e.type == "work")[0].value', 'nora@harbour.test'],
    ['user.emails.map(e, e.value).join("; ")', 'n@home.test; nora@harbour.test; q@harbour.test'],
    ['user.emails.map(e, e.primary, e.value)', ['nora@harbour.test']],
    ['user.emails.exists(e, e.value.endsWith("@harbour.test"))', true],
    ['user.emails.all(e, e.type == "work")', false],
    ['enterprise.department == "R&D" && user.active', true],
    ['size(user.emails)', 3],
    ['user.level > 2', true],
    ['string(size(user.title))', '8'],
    ['coalesce(user.nickName, "", user.title)', 'Engineer'],
    ['"Engineer" in ["Engineer", "Lead"]', true],
    ['{"a": 1}.a', 1],
  ])('%s gives %j', (text, value) => {
    expect(evaluate(text)).toEqual(value)
  })

  test.each([
    ['user.nickName', null],
    ['user.nickName.upperAscii()', null],
    ['user.nickName + " " + user.title', null],
    ['user.manager.displayName', null],
    ['user.emails[7].value', null],
    ['user.emails.filter(e, e.type == "pager")[0].value', null],
    ['user.phoneNumbers.map(p, p.value)', null],
    ['user.nickName == null', true],
    ['user.nickName == "N"', false],
    ['user.nickName != "N"', true],
    ['user.nickName.startsWith("N")', false],
    ['user.nickName > "A"', false],
    ['user.remote ? "remote" : "office"', 'office'],
    ['!user.remote', true],
    ['user.remote || user.active', true],
    ['user.active && user.remote', false],
    ['has(user.nickName)', false],
    ['has(user.name.givenName)', true],
    ['has(user.address.region)', false],
    ['user.constructor', null],
    ['user.__proto__', null],
    ['user.emails.exists(e, e.display.contains("x"))', false],
  ])('%s gives %j where something is not there', (text, value) => {
    expect(evaluate(text)).toEqual(value)
  })

  test('gives each user its own value, in whatever order', () => {
    const { evaluate: of } = compile('user.title.upperAscii()', { user: null })
    expect([{ title: 'a' }, {}, { title: 'b' }, { title: '' }].map((user) => of({ user } as never))).toEqual([
      'A',
      null,
      'B',
      '',
    ])
  })
})

describe('a wrong expression is refused', () => {
  const refusal = (text: string) => {
    try {
      compile(text, { user: ['title', 'name'], enterprise: null })
    } catch (err) {
      if (err instanceof Fault) return { code: err.code, ...err.slots }
      throw err
    }
    return undefined
  }

  test.each([
    ['user.title +', '13', 'unexpected'],
    ['user.titel', '5', 'user has no titel'],
    ['person.title', '1', 'unknown variable: person'],
    ['user.title.shout()', '1', 'there is no function shout'],
    ['"a" + 1', '1', 'no such overload'],
    ['user.title.matches("(a+)+$")', '1', 'there is no function matches'],
    ['timestamp("2026-01-01T00:00:00Z")', '1', 'there is no function timestamp'],
    ['cel.bind(x, "a", x)', '1', ''],
    ['google.protobuf', '1', 'there is no variable google'],
    ['', '1', ''],
  ])('%s at %s: %s', (text, position, why) => {
    const found = refusal(text)
    expect(found).toMatchObject({ code: 'expression-invalid', position, why: expect.stringContaining(why) })
  })
})

describe('what is too large to be read is refused', () => {
  test.each([
    ['a long text', `"${'a'.repeat(2_000)}"`],
    ['deep brackets', `${'('.repeat(200)}1${')'.repeat(200)}`],
    ['many terms', `${'1 + '.repeat(400)}1`],
  ])('%s', (_, text) => {
    expect(() => compile(text, {})).toThrow(expect.objectContaining({ code: 'expression-invalid' }))
  })
})

describe('an evaluation is bounded', () => {
  const many = {
    emails: Array.from({ length: 2_000 }, (_, at) => ({ value: `${at}@x.test` })),
    title: 'x'.repeat(60_000),
  }

  test.each([
    'user.emails.all(a, user.emails.all(b, a.value == b.value || a.value != b.value))',
    'user.emails.filter(a, user.emails.exists(b, user == a || user.emails == b))[0].value',
    'user.title.split("").map(a, user.title).join("")',
    'user.title + user.title',
    'user.title.replace("x", user.title)',
    'user.emails.map(a, user.emails.map(b, user.emails.map(c, a.value + b.value + c.value)))',
  ])('%s', (text) => {
    const started = performance.now()
    expect(() => evaluate(text, many)).toThrow(ExpressionFailed)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  test('and what failed for one user is evaluated for the next', () => {
    const { evaluate: of } = compile('user.emails.all(a, user.emails.all(b, a.value != "" || b.value != ""))', {
      user: null,
    })
    expect(() => of({ user: many })).toThrow(ExpressionFailed)
    expect(of({ user: nora })).toBe(true)
  })

  test.each([
    ['user.title * 2', 'no such overload'],
    ['user.emails.value', 'a list has no value; [0]'],
    ['user.title.substring(3, 99)', 'out of range'],
    ['int(user.title)', 'cannot convert'],
  ])('%s fails and says where and why', (text, why) => {
    expect(() => evaluate(text)).toThrow(
      expect.objectContaining({ position: expect.any(Number), message: expect.stringContaining(why) }),
    )
  })
})
