import { describe, expect, test } from 'vitest'
import { type HeldLink, type RuleChange, type RuleUser, runRules, type Surroundings } from './run-rules.ts'
import { defaultRuleSet, type WorkflowRule } from './workflow-rule.ts'

const { rules } = defaultRuleSet
const [jobTitle] = rules as [WorkflowRule]

function rule(more: Partial<WorkflowRule> & Pick<WorkflowRule, 'id'>): WorkflowRule {
  return { ...jobTitle, ...more }
}

function user(fields: RuleUser['fields'], links: readonly HeldLink[] = []): RuleUser {
  return { fields, links, state: 'active', userName: 'nora@harbour.test', managed: true }
}

/** A world with these objects: `type/name` by what names it. */
function world(objects: Record<string, string>, more: Partial<Surroundings> = {}): Surroundings {
  return {
    find(of, value) {
      const name = objects[`${of.objectType}/${value.toLowerCase()}`]
      return name === undefined ? undefined : { id: `${of.objectType}/${name}`, name }
    },
    create: (of, value) => ({ id: `${of.objectType}/${value}`, name: value }),
    holds: () => true,
    ...more,
  }
}

function link(ruleId: string, objectType: string, name: string): HeldLink {
  return { objectType, objectId: `${objectType}/${name}`, objectName: name, ruleId }
}

const titles = world({ 'job-title/engineer': 'Engineer', 'job-title/pilot': 'Pilot' })
const engineer = link('job-title', 'job-title', 'Engineer')

function change(before: RuleUser['fields'], after: RuleUser['fields'], held: readonly HeldLink[] = []): RuleChange {
  return { before: user(before, held), after: user(after, held) }
}

describe('the default rule (5.2)', () => {
  test('links the job title object of that name, ignoring case', () => {
    const run = runRules(rules, change({}, { scimSyncJobTitle: 'ENGINEER' }), titles)
    expect(run).toMatchObject({ links: [engineer], warnings: [] })
    expect([...run.ran.keys()]).toEqual(rules)
  })

  test('where there is no such object, links nothing, lets the old link go and reports it', () => {
    const run = runRules(
      rules,
      change({ scimSyncJobTitle: 'Engineer' }, { scimSyncJobTitle: 'Diver' }, [engineer]),
      titles,
    )
    expect(run.links).toEqual([])
    expect(run.warnings).toEqual([
      {
        code: 'object-not-found',
        path: 'scimSyncJobTitle',
        detail: 'There is no job title Diver; the user is not linked.',
      },
    ])
    expect(run.failed.size).toBe(0)
  })

  test.each([[null], [''], [undefined]])(
    'links nothing and reports nothing when the field is cleared (%s)',
    (value) => {
      const after = value === undefined ? {} : { scimSyncJobTitle: value }
      const run = runRules(rules, change({ scimSyncJobTitle: 'Engineer' }, after, [engineer]), titles)
      expect(run).toMatchObject({ links: [], warnings: [] })
    },
  )
})

describe('a rule', () => {
  test('whose field did not change does not run and keeps its link, though its object is gone', () => {
    const before = { scimSyncJobTitle: 'Engineer', firstName: 'Nora' }
    const run = runRules(rules, change(before, { ...before, firstName: 'Eleanor' }, [engineer]), world({}))
    expect(run.ran.size).toBe(0)
    expect(run.links).toEqual([engineer])
  })

  test('whose field was absent and is null or empty does not run', () => {
    expect(runRules(rules, change({}, { scimSyncJobTitle: null }), titles).ran.size).toBe(0)
    expect(runRules(rules, change({}, { scimSyncJobTitle: '' }), titles).ran.size).toBe(0)
  })

  test('does not touch the link of another, nor of one that is no more', () => {
    const department = rule({ id: 'department', field: 'department', objectType: 'department' })
    const before = { scimSyncJobTitle: 'Engineer', department: 'R&D' }
    const held = [engineer, link('department', 'department', 'R&D'), link('gone', 'team', 'Crew')]
    const run = runRules([...rules, department], change(before, { ...before, department: 'Sales' }, held), titles)
    expect([...run.ran.keys()]).toEqual([department])
    expect(run.links).toEqual([engineer, link('gone', 'team', 'Crew')])
  })

  test('that is paused does not run, and its link stays', () => {
    const paused = [rule({ id: 'job-title', state: 'paused' })]
    const run = runRules(
      paused,
      change({ scimSyncJobTitle: 'Engineer' }, { scimSyncJobTitle: 'Pilot' }, [engineer]),
      titles,
    )
    expect(run).toMatchObject({ links: [engineer], warnings: [] })
    expect(run.ran.size).toBe(0)
  })

  test.each([
    ['keep', [engineer], []],
    ['clear', [], []],
    ['report', [], ['object-not-found']],
    ['create', [link('job-title', 'job-title', 'Diver')], []],
  ] as const)('of which none matches, and ifNone is %s', (ifNone, links, codes) => {
    const before = { scimSyncJobTitle: 'Engineer' }
    const run = runRules(
      [rule({ id: 'job-title', ifNone })],
      change(before, { scimSyncJobTitle: 'Diver' }, [engineer]),
      titles,
    )
    expect(run.links).toEqual(links)
    expect(run.warnings.map(({ code }) => code)).toEqual(codes)
  })

  test('whose object must not be linked to says so and links nothing', () => {
    const refused = { code: 'managed-by-idp', path: 'department', detail: 'Sales is managed.' }
    const run = runRules(rules, change({}, { scimSyncJobTitle: 'x' }), world({}, { find: () => ({ refused }) }))
    expect(run).toMatchObject({ links: [], warnings: [refused] })
    expect(run.failed.size).toBe(0)
  })
})

describe('a condition', () => {
  const conditional = [rule({ id: 'job-title', condition: 'c' })]
  const moved = change({ scimSyncJobTitle: 'Engineer' }, { scimSyncJobTitle: 'Pilot' }, [engineer])

  test('that is false leaves everything as it is; run again, it links nothing', () => {
    const around = { ...titles, holds: () => false }
    expect(runRules(conditional, moved, around)).toMatchObject({ links: [engineer], warnings: [] })
    expect(runRules(conditional, { ...moved, again: 'all' }, around).links).toEqual([])
  })

  test('that cannot be told is a failure of the rule: its link stays, and that is reported', () => {
    const holds = () => {
      throw new Error('its condition does not give true or false')
    }
    const run = runRules(conditional, moved, { ...titles, holds })
    expect(run.links).toEqual([engineer])
    expect([...run.failed.keys()]).toEqual(['job-title'])
    expect(run.warnings[0]?.detail).toBe(
      'Rule scimSyncJobTitle -> job-title could not be carried out: its condition does not give true or false.',
    )
  })

  test('sees the user before and after; run again, before is a user without anything', () => {
    const seen: unknown[] = []
    const holds: Surroundings['holds'] = (_, before, after) => {
      seen.push([before.fields.scimSyncJobTitle, after.fields.scimSyncJobTitle, after.links.length])
      return true
    }
    runRules(conditional, moved, { ...titles, holds })
    runRules(conditional, { ...moved, again: 'all' }, { ...titles, holds })
    expect(seen).toEqual([
      ['Engineer', 'Pilot', 1],
      [undefined, 'Pilot', 1],
    ])
  })
})

describe('rules that are run again', () => {
  test('hold what they would if the user had just come, and those that are no more hold nothing', () => {
    const held = [link('job-title', 'job-title', 'Pilot'), link('gone', 'team', 'Crew')]
    const after = user({ scimSyncJobTitle: 'Engineer' }, held)
    expect(runRules(rules, { before: after, after, again: 'all' }, titles).links).toEqual([engineer])
    const one = runRules(rules, { before: after, after, again: new Set(['job-title']) }, titles)
    expect(one.links).toEqual([engineer, link('gone', 'team', 'Crew')])
  })
})

describe('a rule that listens to the links of another', () => {
  const crew = rule({ id: 'crew', field: 'links.job-title', objectType: 'crew' })
  const crews = world({ 'job-title/pilot': 'Pilot', 'job-title/engineer': 'Engineer', 'crew/pilot': 'Cockpit' })

  test('runs in the same run, after it, wherever it stands', () => {
    for (const set of [
      [jobTitle, crew],
      [crew, jobTitle],
    ]) {
      const run = runRules(set, change({}, { scimSyncJobTitle: 'pilot' }), crews)
      expect(run.links.map(({ objectName }) => objectName).toSorted()).toEqual(['Cockpit', 'Pilot'])
      expect(run.loops).toEqual([])
    }
  })

  test('does not run when the other links what it linked before', () => {
    const held = [link('job-title', 'job-title', 'Pilot'), link('crew', 'crew', 'Cockpit')]
    const run = runRules(
      [jobTitle, crew],
      change({ scimSyncJobTitle: 'PILOT' }, { scimSyncJobTitle: 'pilot' }, held),
      crews,
    )
    expect([...run.ran.keys()]).toEqual([jobTitle])
  })

  test('runs when an object is called otherwise', () => {
    const held = [link('job-title', 'job-title', 'Engineer'), link('crew', 'crew', 'Cockpit')]
    const renamed = [link('job-title', 'job-title', 'Pilot'), link('crew', 'crew', 'Cockpit')]
    const fields = { scimSyncJobTitle: 'pilot' }
    const run = runRules([jobTitle, crew], { before: user(fields, held), after: user(fields, renamed) }, crews)
    expect([...run.ran.keys()]).toEqual([crew])
  })
})

describe('rules that feed each other (5.3)', () => {
  const listening = [
    rule({ id: 'a', field: 'links.left', objectType: 'right' }),
    rule({ id: 'b', field: 'links.right', objectType: 'left' }),
    rule({ id: 'start', field: 'team', objectType: 'left' }),
  ]

  test('and come to rest are no loop', () => {
    const around = world({ 'left/red': 'Red', 'right/red': 'Red' })
    const run = runRules(listening, change({}, { team: 'red' }), around)
    expect(run.loops).toEqual([])
    expect(run.links.map(({ ruleId, objectName }) => `${ruleId} ${objectName}`)).toEqual([
      'a Red',
      'b Red',
      'start Red',
    ])
  })

  test('and never come to rest are cut, and reported with the chain', () => {
    // Each names the next: left Red -> right Blue -> left Blue -> right Red -> left Red ...
    const around = world({
      'left/red': 'Red',
      'right/red': 'Blue',
      'left/blue': 'Blue',
      'right/blue': 'Red',
    })
    const run = runRules(listening, change({}, { team: 'red' }), around)
    expect(run.loops).toEqual([['a', 'b', 'a']])
    expect(run.warnings.map(({ code, detail }) => `${code}: ${detail}`)).toEqual([
      'rule-loop-cut: Rules links.left -> right, links.right -> left, links.left -> right feed each other.',
    ])
    expect(run.links).toHaveLength(3)
  })

  test('its own link is nothing to a rule', () => {
    const own = rule({ id: 'own', field: 'links.left', objectType: 'left', ifNone: 'create' })
    const run = runRules([own], change({}, { team: 'red' }, [link('own', 'left', 'Red')]), world({}))
    expect(run.ran.size).toBe(0)
  })
})
