/* The worker's main: `giveback cell key=value...`, started by child.c. */
#ifndef GIVEBACK_WORKER_H
#define GIVEBACK_WORKER_H

/* Runs the cell that the arguments describe and does not return: exit
 * handlers are not run, for an allocator's could change nothing any more but
 * the exit status. */
__attribute__((noreturn)) void worker_main(int argc, char **argv);

#endif
