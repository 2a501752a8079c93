import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The folder outside the repository that keeps fetched runtimes: `$XDG_CACHE_HOME/user-provisioning`, else
 * `~/.cache/user-provisioning`. Made when it is not there.
 */
export async function cacheFolder(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'user-provisioning')
  await mkdir(folder, { recursive: true })
  return folder
}
