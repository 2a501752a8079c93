export const serviceNames = [
  'scim-ingress',
  'identity-service',
  'mapping-service',
  'workflow-service',
  'audit-service',
] as const

export type ServiceName = (typeof serviceNames)[number]
