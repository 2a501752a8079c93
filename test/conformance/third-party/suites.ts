import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '@user-provisioning/devstack/cache-folder'
import { fetchOnce } from '@user-provisioning/devstack/fetch-once'
import { runCommand } from '@user-provisioning/devstack/run-command'
import type { Tenant } from '../exchange.ts'

/** What a suite said of one of its checks. */
interface Finding {
  readonly check: string
  readonly verdict: 'passed' | 'failed' | 'skipped'
  readonly reason: string
}

export interface Suite {
  readonly name: string
  /** What pip installs, versions pinned. */
  readonly requirements: readonly string[]
  /** @param bin the folder of the installed programs */
  run(bin: string, tenant: Tenant): Promise<Finding[]>
}

/** Suites that registries have. Each knows nothing of this project. */
export const suites: readonly Suite[] = [
  {
    name: 'scim2-tester',
    requirements: ['scim2-cli==0.6.0', 'scim2-tester==0.5.2'],
    async run(bin, { url, token }) {
      const env = { ...process.env, SCIM_CLI_HEADERS: `Authorization: Bearer ${token}`, NO_COLOR: '1' }
      const { output } = await runCommand(join(bin, 'scim2'), ['--url', url, 'test'], { env })
      const findings: Finding[] = []
      for (const line of output.split('\n')) {
        const [, status, check = ''] =
          /^(SUCCESS|COMPLIANT|ACCEPTABLE|DEVIATION|ERROR|CRITICAL|SKIPPED) (.+)$/.exec(line) ?? []
        const last = findings.at(-1)
        if (status) findings.push({ check, verdict: verdictOf(status), reason: '' })
        else if (last && line.startsWith('  ')) {
          findings.splice(-1, 1, { ...last, reason: `${last.reason} ${line.trim()}`.trim() })
        }
      }
      return toldSomething(findings, output)
    },
  },
  {
    name: 'scim-sanity',
    requirements: ['scim-sanity==0.7.4'],
    async run(bin, { url, token }) {
      const args = ['probe', url, '--token', token, '--strict', '--i-accept-side-effects', '--json-output']
      const { output } = await runCommand(join(bin, 'scim-sanity'), args)
      const { results } = JSON.parse(output.slice(output.indexOf('{'))) as {
        results: { name: string; phase?: string; status: string; message?: string }[]
      }
      const findings = results.map(({ name, phase, status, message = '' }) => ({
        check: [phase, name].filter(Boolean).join(': '),
        verdict: verdictOf(status),
        reason: message,
      }))
      return toldSomething(findings, output)
    },
  },
]

const verdicts: Readonly<Record<string, Finding['verdict']>> = {
  SUCCESS: 'passed',
  COMPLIANT: 'passed',
  ACCEPTABLE: 'passed',
  PASS: 'passed',
  SKIPPED: 'skipped',
  SKIP: 'skipped',
}

/** Warnings and deviations count as failures: they are explained or mended. */
function verdictOf(status: string): Finding['verdict'] {
  return verdicts[status.toUpperCase()] ?? 'failed'
}

function toldSomething(findings: Finding[], output: string): Finding[] {
  if (findings.some(({ verdict }) => verdict === 'passed')) return findings
  throw new Error(`It did not come to its checks:\n${output.slice(-2_000)}`)
}

/** Installs a suite into a folder of its own outside the repository, once, and gives its programs' folder. */
export async function installSuite({ name, requirements }: Suite): Promise<string> {
  const folder = join(await cacheFolder(), `suite-${requirements.join('-').replaceAll('==', '-')}`)
  const run = async (file: string, args: string[]) => {
    const { code, output } = await runCommand(file, args)
    if (code !== 0)
      throw new Error(`${name} cannot be installed (python3 with venv and pip is needed):\n${output.slice(-2_000)}`)
  }
  await mkdir(folder, { recursive: true })
  // The programs of a virtual environment name its folder: it cannot be moved once it is filled.
  await fetchOnce(join(folder, 'installed'), async () => {
    await run('python3', ['-m', 'venv', '--clear', join(folder, 'python')])
    await run(join(folder, 'python/bin/pip'), ['install', '--quiet', '--disable-pip-version-check', ...requirements])
  })
  return join(folder, 'python/bin')
}
