/* The verbs of the command line that are written in C. Each gets the
 * arguments from its own name on and returns the exit status. */
#ifndef GIVEBACK_VERBS_H
#define GIVEBACK_VERBS_H

int verb_run(int argc, char **argv);
int verb_list(int argc, char **argv);
int verb_micro(int argc, char **argv);

/* Takes the options of `run`, measures nothing, and leaves in -o FILE the line
 * that a run would begin with. */
int verb_identify(int argc, char **argv);

/* Hands a verb that reads results to its Python script, found beside the
 * binary. `arguments` ends in NULL. Returns its exit status. */
int python_verb(const char *verb, char *const *arguments);

/* The same in this very process, so that signals meet who measures; returns
 * only where it cannot be executed, with the exit status. */
int become_python_verb(const char *verb, char *const *arguments);

/* The absolute path of this program; ends the program if it has none. */
const char *program_path(void);

#endif
