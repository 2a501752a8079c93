import { describe, expect, test } from 'vitest'
import { makeDirectory } from './directory.ts'
import { changeSome, leaveAndReturn } from './directory-changes.ts'

const directory = () => makeDirectory({ users: 100, groups: 5, seed: 1, run: 'r' })

describe('the made-up directory', () => {
  test('is the same for the same seed', () => {
    expect(directory()).toEqual(directory())
  })

  test('has user names with what URLs, filters and folding mind, each once', () => {
    const names = directory().people.map(({ userName }) => userName)
    for (const odd of ['ß', 'İ', '\u0308', '🌊', '"', '+', "'", '#', '&', '%', '\\']) {
      expect(names.some((name) => name.includes(odd))).toBe(true)
    }
    expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(names.length)
  })

  test('changes in every way that a cycle has to carry over', () => {
    const before = directory()
    const now = directory()
    changeSome(now, 1)
    const changed = (name: keyof (typeof before.people)[0]) =>
      now.people.filter(
        (person, index) => JSON.stringify(person[name]) !== JSON.stringify(before.people[index]?.[name]),
      )
    for (const name of ['userName', 'surname', 'jobTitle', 'managerId', 'nickName', 'otherMail', 'roles'] as const) {
      expect(changed(name).length).toBeGreaterThan(0)
    }
    expect(now.teams.some((team, index) => team.displayName !== before.teams[index]?.displayName)).toBe(true)
    expect(
      now.teams.every(
        (team, index) => team.members.symmetricDifference(before.teams[index]?.members ?? new Set()).size > 0,
      ),
    ).toBe(true)
    const disabled = now.people.filter(({ enabled }) => !enabled).length
    leaveAndReturn(now, 1)
    expect(now.people.filter(({ enabled }) => !enabled).length).toBeLessThan(disabled)
    const objectIds = new Set(before.people.map(({ objectId }) => objectId))
    const joiners = now.people.filter(({ objectId }) => !objectIds.has(objectId))
    expect(joiners.length).toBeGreaterThan(0)
    expect(now.people.length).toBeLessThan(before.people.length)
    expect(now.teams).toHaveLength(4)
  })
})
