/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: each takes its own argc and argv and returns the program's exit
 * status (enum session_end's values). */
#ifndef XRTT_CMD_H
#define XRTT_CMD_H

int cmd_probe(int argc, char **argv);
int cmd_flows(int argc, char **argv);
int cmd_reflect(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_distance(int argc, char **argv);
int cmd_path(int argc, char **argv);

#endif
