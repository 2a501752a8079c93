import { randomUUID } from 'node:crypto'
import { makeDirectory } from './directory.ts'
import { changeSome, leaveAndReturn } from './directory-changes.ts'
import { Entra, EntraOptScim } from './entra.ts'
import { Google } from './google.ts'
import type { IdentityProvider, Progress, Surroundings, Transport } from './identity-provider.ts'
import { JumpCloud } from './jumpcloud.ts'
import type { LatencySummary } from './latencies.ts'
import { Okta, OktaNetworkApp } from './okta.ts'
import { OneLogin } from './onelogin.ts'
import { type Failure, type MethodCounts, ScimClient } from './scim-client.ts'
import type { Difference } from './sent-record.ts'

interface IdentityProviderClass {
  readonly transport: Transport
  new (surroundings: Surroundings): IdentityProvider
}

/** Whom the simulator can behave like, and what that is. */
export const identityProviders = {
  entra: { provider: Entra, title: 'Microsoft Entra ID, default PATCH dialect' },
  'entra-062020': { provider: EntraOptScim, title: 'Microsoft Entra ID with aadOptscim062020 behind its Tenant URL' },
  okta: { provider: Okta, title: 'Okta, an app of the App Integration Wizard (PUT)' },
  'okta-oin': { provider: OktaNetworkApp, title: 'Okta, an app of the Integration Network (PUT and PATCH)' },
  onelogin: { provider: OneLogin, title: 'OneLogin, SCIM v2 Enterprise' },
  jumpcloud: { provider: JumpCloud, title: 'JumpCloud, custom SCIM integration' },
  google: { provider: Google, title: 'Google Workspace auto-provisioning' },
} as const satisfies Record<string, { provider: IdentityProviderClass; title: string }>

export type IdentityProviderName = keyof typeof identityProviders

export interface SimulationOptions {
  readonly as?: IdentityProviderName
  readonly tenantUrl: string
  readonly secretToken: string
  readonly users: number
  readonly groups: number
  readonly concurrency: number
  readonly seed?: number
  /** Goes into every name; by default a new one. */
  readonly run?: string
  /** For how long a request answered 503 or cut off is repeated; 0 = never, as most do within a cycle. */
  readonly patienceMs?: number
  /** Adds a cycle of an identity provider that has lost its links, as after a restart of provisioning: it must find all. */
  readonly connectAnew?: boolean
  readonly onProgress?: (progress: Progress) => void
}

/** The requests of one part of a run, by method. */
export interface CycleReport {
  readonly name: string
  readonly requests: MethodCounts
}

export interface SimulationReport {
  readonly run: string
  readonly requests: number
  readonly cycles: readonly CycleReport[]
  readonly failures: readonly Failure[]
  /** Resources read back at the end, and where they, or an answer before, were not what was sent. */
  readonly compared: number
  readonly differences: readonly Difference[]
  /** Writes of the last cycle, before which nothing had changed: each is one that would come again for ever. */
  readonly repeatedWrites: number
  readonly operations: Readonly<Record<string, LatencySummary>>
  readonly seconds: number
  /** The SCIM ids of the users that are linked at the end, by user name. */
  readonly userIds: Readonly<Record<string, string>>
}

/**
 * Behaves like an identity provider against a SCIM endpoint: the test of the connection, an initial cycle, an incremental one
 * with changes, disabled people, leavers and returners, and a third before which nothing changed; then reads everything back
 * and compares it with its own record of what it sent.
 */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const startedAt = performance.now()
  const run = options.run ?? randomUUID().slice(0, 8)
  const seed = options.seed ?? 1
  const { provider: Provider } = identityProviders[options.as ?? 'entra']
  const transport: Transport = Provider.transport
  const client = new ScimClient({
    tenantUrl: transport.query === undefined ? options.tenantUrl : `${options.tenantUrl}?${transport.query}`,
    secretToken: options.secretToken,
    headers: transport.headers,
    contentType: transport.contentType,
    connections: options.concurrency,
    patienceMs: options.patienceMs ?? 0,
  })
  const directory = makeDirectory({ users: options.users, groups: options.groups, seed, run })
  const { concurrency, onProgress } = options
  const surroundings = { client, directory, concurrency, onProgress }
  const provider = new Provider(surroundings)
  const cycles: CycleReport[] = []
  const done = (name: string): MethodCounts => {
    const requests = client.takeCounts()
    cycles.push({ name, requests })
    return requests
  }
  try {
    await provider.testConnection()
    done('test connection')
    await provider.cycle()
    done('1 initial')
    changeSome(directory, seed)
    await provider.cycle()
    leaveAndReturn(directory, seed)
    await provider.cycle()
    done('2 incremental')
    await provider.cycle()
    const { GET: _, ...writes } = done('3 nothing changed')
    const compared = await provider.readBack()
    done('read back')
    const differences = provider.differences
    if (options.connectAnew) {
      const anew = new Provider(surroundings)
      await anew.cycle()
      await anew.readBack()
      differences.push(...anew.differences)
      done('4 connected anew')
    }
    return {
      run,
      requests: sum(cycles.flatMap(({ requests }) => Object.values(requests))),
      cycles,
      failures: client.failures,
      compared,
      differences,
      repeatedWrites: sum(Object.values(writes)),
      operations: client.latencies.summary(),
      seconds: (performance.now() - startedAt) / 1_000,
      userIds: provider.userIds(),
    }
  } finally {
    await client.close()
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
