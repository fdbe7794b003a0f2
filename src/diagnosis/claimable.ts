/**
 * Domains under which anyone can claim a free name, so that an NXDOMAIN there is a takeover risk.
 * The list is data and never complete. A domain belongs here only if the provider answers NXDOMAIN
 * for a free name. Names that always resolve (S3, GitHub Pages, Heroku) and names with a random
 * part from the provider (load balancers, RDS, CloudFront) do not belong here.
 */

/**
 * Source: Microsoft Learn, "Prevent dangling DNS entries and avoid subdomain takeover", table of
 * resources.
 */
const AZURE_TAKEOVER = 'https://learn.microsoft.com/azure/security/fundamentals/subdomain-takeover';
/**
 * Source: Microsoft Learn, "Naming rules and restrictions for Azure resources", resources of global
 * scope.
 */
const AZURE_NAMES =
  'https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules';
/**
 * Source: the public list "Can I take over XYZ?", entries marked vulnerable with NXDOMAIN as the
 * fingerprint.
 */
const TAKEOVER_AZURE = 'https://github.com/EdOverflow/can-i-take-over-xyz/issues/35';
const TAKEOVER_BEANSTALK = 'https://github.com/EdOverflow/can-i-take-over-xyz/issues/194';
const TAKEOVER_DISCOURSE = 'https://github.com/EdOverflow/can-i-take-over-xyz/issues/49';

export interface Claimable {
  readonly suffix: string;
  /**
   * Number of labels before the suffix in a name that a customer chooses. Names with more labels
   * contain a hash from the provider (`app-d4e5f6.eastus-01.azurewebsites.net`) or are private
   * (`db.privatelink.database.windows.net`).
   */
  readonly labels: 1 | 2;
  readonly provider: string;
  readonly source: string;
}

export const CLAIMABLE: readonly Claimable[] = [
  ...azure('App Service', AZURE_TAKEOVER, 'azurewebsites.net'),
  ...azure(
    'Cloud Services',
    AZURE_TAKEOVER,
    'cloudapp.net',
    'chinacloudapp.cn',
    'usgovcloudapp.net',
  ),
  ...azure('Traffic Manager', AZURE_TAKEOVER, 'trafficmanager.net'),
  ...azure('Front Door', AZURE_TAKEOVER, 'azurefd.net'),
  ...azure('CDN', AZURE_TAKEOVER, 'azureedge.net'),
  ...azure('API Management', AZURE_TAKEOVER, 'azure-api.net'),
  ...azure('Blob Storage', AZURE_TAKEOVER, 'blob.core.windows.net'),
  ...azure(
    'Storage',
    AZURE_NAMES,
    'file.core.windows.net',
    'queue.core.windows.net',
    'table.core.windows.net',
    'dfs.core.windows.net',
  ),
  ...azure('SQL Database', AZURE_NAMES, 'database.windows.net'),
  ...azure('Database for MySQL', AZURE_NAMES, 'mysql.database.azure.com'),
  ...azure('Database for PostgreSQL', AZURE_NAMES, 'postgres.database.azure.com'),
  ...azure('Cosmos DB', AZURE_NAMES, 'documents.azure.com'),
  ...azure('Cache for Redis', AZURE_NAMES, 'redis.cache.windows.net'),
  ...azure('Service Bus, Event Hubs and Relay', AZURE_NAMES, 'servicebus.windows.net'),
  ...azure('Container Registry', AZURE_NAMES, 'azurecr.io'),
  ...azure('HDInsight', AZURE_NAMES, 'azurehdinsight.net'),
  ...azure('Data Lake Store', AZURE_NAMES, 'azuredatalakestore.net'),
  ...azure('AI Search', TAKEOVER_AZURE, 'search.windows.net'),
  // The region stands between the name and the suffix: `shop.westeurope.cloudapp.azure.com`.
  {
    suffix: 'cloudapp.azure.com',
    labels: 2,
    provider: 'Azure public IP addresses',
    source: AZURE_TAKEOVER,
  },
  {
    suffix: 'azurecontainer.io',
    labels: 2,
    provider: 'Azure Container Instances',
    source: AZURE_TAKEOVER,
  },
  {
    suffix: 'elasticbeanstalk.com',
    labels: 2,
    provider: 'AWS Elastic Beanstalk',
    source: TAKEOVER_BEANSTALK,
  },
  { suffix: 'trydiscourse.com', labels: 1, provider: 'Discourse', source: TAKEOVER_DISCOURSE },
];

const BY_SUFFIX = new Map(CLAIMABLE.map((entry) => [entry.suffix, entry]));

/**
 * The entry under which anyone can claim this name if it is free. `name` is in lower case, without
 * its last dot.
 */
export function claimableAt(name: string): Claimable | undefined {
  const first = name.indexOf('.') + 1;
  const second = name.indexOf('.', first) + 1;
  const one = first > 0 ? BY_SUFFIX.get(name.slice(first)) : undefined;
  const two = second > 0 ? BY_SUFFIX.get(name.slice(second)) : undefined;
  if (one?.labels === 1) return one;
  return two?.labels === 2 ? two : undefined;
}

function azure(service: string, source: string, ...suffixes: string[]): Claimable[] {
  return suffixes.map((suffix) => ({ suffix, labels: 1, provider: `Azure ${service}`, source }));
}
