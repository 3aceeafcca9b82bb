// What processes cost, read from /proc (so: Linux). Ticks are 10 ms, as on every usual kernel.

import { readFileSync, readdirSync } from "node:fs";

const TICK_MS = 10;

/** The numbers of /proc/PID/stat after the program's name, which may hold spaces and brackets. */
function statFields(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Processor time of the children of this process that ended, and of theirs. */
export function endedChildrenCpuMs() {
  const fields = statFields("self");
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

/** A process and all that descend from it, as far as they still run. */
export function family(root) {
  const parents = new Map();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), Number(statFields(name)[1]));
    } catch {
      // It ended between the listing and the reading.
    }
  }
  const found = [root];
  for (let index = 0; index < found.length; index += 1) {
    for (const [pid, parent] of parents) if (parent === found[index]) found.push(pid);
  }
  return found;
}

/** Processor time of a family so far, with that of the members that ended and were waited for. */
export function familyCpuMs(root) {
  return sum(root, (pid) => {
    const fields = statFields(pid);
    return (Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14])) * TICK_MS;
  });
}

/** The most memory a process has had resident, in MiB. */
export function peakMib(pid) {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

/** Proportional memory of a family now, in MiB: a page that n processes share counts 1/n for each. */
export function familyProportionalMib(root) {
  return sum(root, (pid) => Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]) / 1024);
}

function sum(root, number) {
  return family(root).reduce((total, pid) => {
    try {
      return total + number(pid);
    } catch {
      return total;
    }
  }, 0);
}
