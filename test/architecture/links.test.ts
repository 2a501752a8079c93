import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...globSync('docs/**/*.md', { cwd: root })]

/** Links of a page to files that are not there. */
function deadLinks(page: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '')
  return targets.filter((target) => !existsSync(join(root, dirname(page), target)))
}

test('every link between pages leads to a file', () => {
  const dead = pages.flatMap((page) =>
    deadLinks(page, readFileSync(join(root, page), 'utf8')).map((to) => `${page}: ${to}`),
  )
  expect(pages.length).toBeGreaterThan(50)
  expect(dead).toEqual([])
})

test('a link to nowhere is seen', () => {
  expect(deadLinks('docs/guides/okta.md', 'See [this](../errors/no-such-code.md).')).toEqual([
    '../errors/no-such-code.md',
  ])
})

test('every decision has a number of its own, in its name and its title', () => {
  const decisions = globSync('docs/decisions/*.md', { cwd: root }).toSorted()
  const numbers = decisions.map((page) => Number(/(\d{4})-[^/]*$/.exec(page)?.[1]))
  expect(numbers).toEqual(decisions.map((_, n) => n + 1))
  const titles = decisions.map((page) => readFileSync(join(root, page), 'utf8').split(' ', 2)[1])
  expect(titles).toEqual(numbers.map((n) => `${n}.`))
})
