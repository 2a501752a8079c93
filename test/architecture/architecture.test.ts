import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  librariesStayHome,
  noCycles,
  nothingIsNamedAfterNothing,
  roomsHaveDoors,
  scimIsPure,
  servicesAreApart,
  topicNamesStayInContracts,
  type Violation,
} from './rules.ts'
import { readSources, type Sources } from './sources.ts'

const sources = readSources(join(import.meta.dirname, '../..'))

const rules: [rule: (sources: Sources) => Violation[], planted: Record<string, string>][] = [
  [librariesStayHome, { 'services/audit-service/src/x.ts': "import kafkajs from 'kafkajs'" }],
  [librariesStayHome, { 'packages/messaging/src/x.ts': "import type { Model } from 'mongoose'" }],
  [librariesStayHome, { 'services/scim-ingress/src/x.ts': "const jwt = await import('jsonwebtoken')" }],
  [servicesAreApart, { 'services/audit-service/src/x.ts': "export { a } from '../../mapping-service/src/a.ts'" }],
  [servicesAreApart, { 'packages/http/src/x.ts': "import { a } from '@user-provisioning/identity-service/a'" }],
  [roomsHaveDoors, { 'packages/http/src/x.ts': "import { a } from '../../scim/src/errors.ts'" }],
  [scimIsPure, { 'packages/scim/src/x.ts': "import { readFileSync } from 'node:fs'" }],
  [
    noCycles,
    {
      'packages/scim/src/x.ts': "import { y } from './y.ts'",
      'packages/scim/src/y.ts': "import {\n  type X,\n} from './x.ts'",
    },
  ],
  [
    noCycles,
    {
      'packages/scim/src/x.ts': "import { a } from '@user-provisioning/contracts/ids'",
      'packages/contracts/src/y.ts': "import { b } from '@user-provisioning/scim/errors'",
    },
  ],
  [topicNamesStayInContracts, { 'services/audit-service/src/x.ts': "consume('identity.facts')" }],
  [nothingIsNamedAfterNothing, { 'packages/http/src/utils.ts': '' }],
]

describe('the architecture', () => {
  test('is read at all', () => {
    expect(sources.size).toBeGreaterThan(100)
  })

  test.each(rules)('%o holds, and catches a planted violation', (rule, planted) => {
    expect(rule(sources)).toEqual([])
    expect(rule(new Map([...sources, ...Object.entries(planted)]))).not.toEqual([])
  })
})
