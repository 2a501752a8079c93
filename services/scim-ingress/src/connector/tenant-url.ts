/** The URL that an admin copies into the IdP; the same address for everybody, whatever a request's Host header says. */
export function tenantUrl(publicUrl: string, instanceId: string): string {
  return `${publicUrl.replace(/\/+$/, '')}/instances/${instanceId}/scim/v2`
}
