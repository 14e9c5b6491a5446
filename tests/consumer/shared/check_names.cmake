# SPDX-License-Identifier: Apache-2.0
# The shared LIBRARY gives every compiled function of namespace narrowfp that users call, and nothing else.
# NM: the program nm; OBJECTS: the files that the library is made of, with '|' between them.
cmake_minimum_required(VERSION 3.25)
string(REPLACE "|" ";" OBJECTS "${OBJECTS}")

# names_of(OUT KINDS nm arguments...): the mangled names whose kind is one of the letters.
function(names_of out kinds)
    execute_process(COMMAND "${NM}" --defined-only ${ARGN} OUTPUT_VARIABLE lines COMMAND_ERROR_IS_FATAL ANY)
    string(REGEX MATCHALL "[0-9a-f]+ [${kinds}] [^\n]+" lines "${lines}")
    list(TRANSFORM lines REPLACE "^[0-9a-f]+ . " "")
    list(REMOVE_DUPLICATES lines)
    set(${out} "${lines}" PARENT_SCOPE)
endfunction()

names_of(given "A-Za-z" -D "${LIBRARY}")
set(foreign ${given})
list(FILTER foreign EXCLUDE REGEX "^_Z(T[ISV]N|(GV)?Z?NK?)8narrowfp")
set(hidden ${given})
list(FILTER hidden INCLUDE REGEX "^_Z(T[ISV]N|(GV)?Z?NK?)8narrowfp(6detail|6kernel|8internal)")

names_of(compiled "T" ${OBJECTS})
list(FILTER compiled INCLUDE REGEX "^_ZNK?8narrowfp")
list(FILTER compiled EXCLUDE REGEX "^_ZNK?8narrowfp(6detail|6kernel|8internal)")
list(LENGTH compiled count)
list(REMOVE_ITEM compiled ${given})

foreach(pair IN ITEMS "foreign|not of namespace narrowfp" "hidden|internal" "compiled|for users, but not given")
    string(REPLACE "|" ";" pair "${pair}")
    list(GET pair 0 names)
    list(GET pair 1 what)
    if(${names})
        list(JOIN ${names} "\n  " text)
        message(SEND_ERROR "${LIBRARY}: ${what}:\n  ${text}")
    endif()
endforeach()
if(count LESS 50)
    message(SEND_ERROR "${count} compiled functions found, 50 or more expected")
endif()
list(LENGTH given names)
message(STATUS "${names} names given, ${count} functions for users among them")
