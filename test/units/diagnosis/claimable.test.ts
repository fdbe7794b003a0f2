import { describe, expect, it } from 'vitest';
import { CLAIMABLE, claimableAt } from '../../../src/diagnosis/claimable.ts';

describe('claimableAt', () => {
  it.each([
    ['shop.azurewebsites.net', 'azurewebsites.net'],
    ['shop.trafficmanager.net', 'trafficmanager.net'],
    ['orders.postgres.database.azure.com', 'postgres.database.azure.com'],
    ['shop.westeurope.cloudapp.azure.com', 'cloudapp.azure.com'],
    ['shop.eu-west-1.elasticbeanstalk.com', 'elasticbeanstalk.com'],
  ])('knows %s', (name, suffix) => {
    expect(claimableAt(name)?.suffix).toBe(suffix);
  });

  it.each([
    ['the suffix itself', 'azurewebsites.net'],
    ['a name that only ends alike', 'shop.notazurewebsites.net'],
    ['a name that holds a hash and a region', 'shop-d4e5f6.eastus-01.azurewebsites.net'],
    ['a deployment endpoint', 'shop.scm.azurewebsites.net'],
    ['a private endpoint', 'orders.privatelink.database.windows.net'],
    ['a name without its region', 'shop.cloudapp.azure.com'],
    ['a name with a random part', 'shop.eba-x1y2z3.eu-west-1.elasticbeanstalk.com'],
    ['what nobody can choose', 'db.abc123.eu-west-1.rds.amazonaws.com'],
    ['another domain', 'shop.example.com'],
    ['one label', 'shop'],
    ['nothing', ''],
    ['dots', '...'],
  ])('leaves out %s', (_what, name) => {
    expect(claimableAt(name)).toBeUndefined();
  });

  it('knows a name below each suffix', () => {
    for (const entry of CLAIMABLE) {
      const name = `${'x.'.repeat(entry.labels)}${entry.suffix}`;
      expect(claimableAt(name)).toBe(entry);
    }
  });
});
