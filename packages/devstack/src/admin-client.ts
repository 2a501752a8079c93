/** Just enough of the admin API to set up what a start needs. */
export interface AdminClient {
  /** An instance's Tenant URL; undefined when there is no such instance. */
  tenantUrlOf(instanceId: string): Promise<string | undefined>
  /** Makes an instance with an integration user and an API key. Throws when the API refuses. */
  createInstance(name: string): Promise<{ instanceId: string; tenantUrl: string; secretToken: string }>
}

interface Answer {
  status: number
  body: Record<string, unknown>
}

/** A client of the admin API at `url` (the listener's address), as the holder of `token`. */
export function adminClient(url: string, token: string): AdminClient {
  async function send(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(25_000),
    })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : { detail: text } }
  }

  async function make(path: string, body: object): Promise<Record<string, unknown>> {
    const answer = await send('POST', path, body)
    if (answer.status === 201) return answer.body
    throw new AdminRefusal(
      answer.status,
      String(answer.body.code ?? ''),
      `POST ${path}: ${answer.status} ${answer.body.detail ?? ''}`,
    )
  }

  /** A name of an earlier start whose secret is lost is taken for good: the next one gets a number. */
  async function makeNamed(path: string, bodyOf: (suffix: string) => object): Promise<Record<string, unknown>> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await make(path, bodyOf(attempt === 1 ? '' : ` (${attempt})`))
      } catch (err) {
        if (!(err instanceof AdminRefusal && err.code === 'name-taken' && attempt < 1_000)) throw err
      }
    }
  }

  return {
    async tenantUrlOf(instanceId) {
      const answer = await send('GET', `/instances/${instanceId}`)
      return answer.status === 200 && typeof answer.body.tenantUrl === 'string' ? answer.body.tenantUrl : undefined
    },
    async createInstance(name) {
      const instance = await makeNamed('/instances', (suffix) => ({ name: name + suffix, label: 'test' }))
      const userName = `provisioning-${String(instance.id)}@integration.test`
      const integrationUser = await make(`/instances/${instance.id}/integration-users`, { userName })
      const key = await make(`/instances/${instance.id}/api-keys`, {
        integrationUserId: integrationUser.id,
        label: 'Local',
      })
      if (typeof key.secret !== 'string') throw new Error('POST /api-keys answered without a secret')
      return { instanceId: String(instance.id), tenantUrl: String(instance.tenantUrl), secretToken: key.secret }
    },
  }
}

/** The admin API refused; `code` is its error code. */
class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}
