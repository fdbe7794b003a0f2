import { readYaml } from '../../units/manifests/yaml.ts';
import { type Pace, quicken, type RuleFile } from './rules.ts';

/** Of a monitor that asks every second instead of every 30 s: its rules keep step. */
export const PACE: Pace = { times: 30, floorMs: 1_000 };

export const OUR_RULES = readYaml('manifests/alerts/rules.yaml') as RuleFile;

/** Our own rules at that pace. Seconds that an expression compares with, as `> 300`, are what they were. */
export const QUICK_RULES = quicken(OUR_RULES, PACE);
