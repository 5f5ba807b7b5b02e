//! Every implementation of a contract behaves as its model says.

mod contracts;
